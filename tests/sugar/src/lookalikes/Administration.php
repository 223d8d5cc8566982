<?php

/** Stand-in for package settings: the `config` table as "category_name" => text. */

use Standin\Instance\Instance;

class Administration
{
    public $settings = [];

    public function retrieveSettings($category = false, $clean = false)
    {
        $rows = Instance::current()->db()->rows(
            'SELECT category, name, value FROM config WHERE category = ? OR ?',
            [(string) $category, $category === false]
        );
        foreach ($rows as $row) {
            $this->settings["{$row['category']}_{$row['name']}"] = $row['value'];
        }
        return $this;
    }

    public static function getSettings($category = false, $clean = false)
    {
        return (new self())->retrieveSettings($category, $clean);
    }

    public function saveSetting($category, $key, $value, $platform = '')
    {
        $text = is_array($value) ? (string) json_encode($value) : (string) $value;
        Instance::current()->saveSetting((string) $category, (string) $key, $text, (string) ($platform ?: 'base'));
        return 1;
    }
}
