<?php

/** Stand-in for the way to change $sugar_config: the differences go to config_override.php. */

use Standin\Instance\Instance;
use Standin\Loader\Repair;
use Standin\Page\BaseConfig;

class Configurator
{
    public $config = [];

    public function __construct()
    {
        $this->loadConfig();
    }

    public function loadConfig()
    {
        $this->config = BaseConfig::sugarConfig(Instance::current());
    }

    public function clearCache()
    {
        SugarConfig::getInstance()->clearCache();
    }

    public function handleOverride($fromParseLoggerSettings = false)
    {
        $this->saveOverride($this->code());
    }

    public function saveOverride($override)
    {
        file_put_contents(Instance::current()->path('config_override.php'), $override);
        $GLOBALS['sugar_config'] = BaseConfig::sugarConfig(Instance::current());
        $this->clearCache();
    }

    /** Saving from the admin pages also rebuilds the browser's config. */
    public function saveConfig()
    {
        $this->handleOverride();
        Repair::baseConfig(Instance::current());
    }

    private function code(): string
    {
        $plain = array_diff_key($this->config, ['site_url' => 1, 'sugar_version' => 1]);
        $code = "<?php\n";
        foreach ($plain as $key => $value) {
            $code .= '$sugar_config[' . var_export($key, true) . '] = ' . var_export($value, true) . ";\n";
        }
        return $code;
    }
}
