<?php

/** /config.js: the public configuration of the browser, additional_js_config included. Readable before login. */

declare(strict_types=1);

namespace Standin\Page;

use Standin\Instance\Instance;

final class BaseConfig
{
    public function __construct(private readonly Instance $instance)
    {
    }

    public function build(): void
    {
        $config = [
            'appId' => 'SugarCRM', 'env' => 'prod', 'platform' => 'base', 'siteUrl' => '', 'serverUrl' => 'rest/v11_24',
            'logLevel' => 'ERROR', 'serverTimeout' => 30, 'clientID' => 'sugar', 'maxQueryResult' => 20,
        ];
        $more = self::sugarConfig($this->instance)['additional_js_config'] ?? [];
        $json = json_encode($config + (array) $more, JSON_UNESCAPED_SLASHES | JSON_HEX_TAG | JSON_PRETTY_PRINT);
        file_put_contents($this->file(), $json);
    }

    /** The script, for an application object that may or may not be there yet. */
    public function script(): string
    {
        $json = (string) file_get_contents($this->file());
        $mode = json_encode((object) $this->modes(), JSON_UNESCAPED_SLASHES | JSON_HEX_TAG);
        return "window.SUGAR = window.SUGAR || {};\nSUGAR.App = SUGAR.App || {};\nSUGAR.App.config = $json;\nSUGAR.standin = $mode;\n";
    }

    /** $sugar_config: the stock values under config_override.php. */
    public static function sugarConfig(Instance $instance): array
    {
        return (static function (string $__file, array $sugar_config): array {
            if (is_file($__file)) {
                include $__file;
            }
            return $sugar_config;
        })($instance->path('config_override.php'), [
            'site_url' => '', 'sugar_version' => $instance->version(), 'disable_unknown_platforms' => true,
            'moduleInstaller' => ['packageScan' => true], 'default_language' => 'en_us', 'additional_js_config' => [],
        ]);
    }

    /** How this stand-in was started (--mode), for the page's runtime. */
    private function modes(): array
    {
        parse_str(strtr((string) $this->instance->setting('standin', 'mode'), ' ,', '&&'), $modes);
        return $modes;
    }

    private function file(): string
    {
        return $this->instance->path('cache/config.json');
    }
}
