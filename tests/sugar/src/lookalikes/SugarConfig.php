<?php

/** Stand-in for reading $sugar_config by a dotted path. */

use Standin\Instance\Instance;
use Standin\Page\BaseConfig;

class SugarConfig
{
    private static ?self $instance = null;
    private ?array $config = null;

    public static function getInstance()
    {
        return self::$instance ??= new self();
    }

    public function get($key, $default = null)
    {
        $value = $this->config ??= BaseConfig::sugarConfig(Instance::current());
        foreach (explode('.', (string) $key) as $part) {
            if (!is_array($value) || !array_key_exists($part, $value)) {
                return $default;
            }
            $value = $value[$part];
        }
        return $value;
    }

    public function clearCache($key = null)
    {
        $this->config = null;
    }
}
