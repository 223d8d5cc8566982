<?php

/** Stand-in for the User bean. */

class User extends SugarBean
{
    public $user_name = '';
    public $is_admin = 0;

    public static function fromRow(string $module, array $row): static
    {
        $user = parent::fromRow($module, $row);
        $user->preferences = json_decode((string) $row['preferences'], true) ?? [];
        return $user;
    }

    public function isAdmin()
    {
        return (bool) $this->is_admin;
    }

    public function isAdminForModule($module)
    {
        return $this->isAdmin();
    }

    public function getPreference($name, $category = 'global')
    {
        return $this->preferences[$name] ?? null;
    }
}
