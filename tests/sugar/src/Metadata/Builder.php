<?php

/**
 * Puts the browser's metadata together: stock components, the instance's custom/ tree over them, and the compiled
 * extensions run by real PHP on top of the component's own definition.
 */

declare(strict_types=1);

namespace Standin\Metadata;

use Standin\Data\Modules;
use Standin\Instance\Instance;

final class Builder
{
    private const KINDS = ['views' => 'view', 'layouts' => 'layout', 'fields' => 'field'];

    public function __construct(private readonly Instance $instance)
    {
    }

    /** Everything for a user who is logged in. */
    public function all(): array
    {
        $languages = new Languages($this->instance);
        $metadata = [
            'server_info' => $this->serverInfo(),
            'components' => $this->components(),
            'app_strings' => (object) $languages->appStrings(),
            'app_list_strings' => (object) $languages->appListStrings(),
            'mod_strings' => (object) $languages->modStrings($this->modules()),
            'full_module_list' => array_combine(Modules::names(), Modules::names()),
        ];
        $metadata['_hash'] = md5((string) json_encode($metadata));
        file_put_contents($this->hashFile(), $metadata['_hash']);
        return $metadata;
    }

    /** Before the login: no components, no module, only what the login page needs. */
    public function public(): array
    {
        $languages = new Languages($this->instance);
        $metadata = [
            'server_info' => $this->serverInfo(),
            'app_strings' => (object) $languages->appStrings(),
            'app_list_strings' => (object) $languages->appListStrings(),
        ];
        return $metadata + ['_hash' => md5((string) json_encode($metadata))];
    }

    public function hash(): string
    {
        return is_file($this->hashFile()) ? (string) file_get_contents($this->hashFile()) : $this->all()['_hash'];
    }

    /** A repair throws the cached hash away. */
    public function forget(): void
    {
        if (is_file($this->hashFile())) {
            unlink($this->hashFile());
        }
    }

    public function serverInfo(): array
    {
        return [
            'version' => $this->instance->version(), 'flavor' => $this->instance->flavor(), 'build' => '1',
            'product_name' => 'SugarCRM stand-in', 'system_skypeout_on' => false, 'site_id' => 'standin',
        ];
    }

    private function hashFile(): string
    {
        return $this->instance->path('cache/metadata.hash');
    }

    private function components(): array
    {
        $components = ['base' => $this->ofClient('base', 'clients/base', 'custom/application/Ext/clients/base')];
        foreach ($this->modules() as $module) {
            $found = $this->ofClient($module, "modules/$module/clients/base", "custom/modules/$module/Ext/clients/base");
            if (array_filter($found, static fn (object $kind): bool => (array) $kind !== []) !== []) {
                $components[$module] = $found;
            }
        }
        return $components;
    }

    /** @return array{views: object, layouts: object, fields: object} */
    private function ofClient(string $owner, string $folder, string $extensions): array
    {
        $components = [];
        foreach (self::KINDS as $kind => $key) {
            $found = [];
            $roots = [$this->instance->stock("$folder/$kind"), $this->instance->path("custom/$folder/$kind")];
            foreach ($this->names([...$roots, $this->instance->path("$extensions/$kind")]) as $name) {
                $extension = $this->instance->path("$extensions/$kind/$name/$name.ext.php");
                $found[$name] = $this->component($owner, $key, $name, "$roots[0]/$name", "$roots[1]/$name", $extension);
            }
            $components[$kind] = (object) $found;
        }
        return $components;
    }

    private function component(string $owner, string $kind, string $name, string $stock, string $custom, string $extension): array
    {
        $controllers = array_values(array_filter(["$stock/$name.js", "$custom/$name.js"], 'is_file'));
        $templates = [];
        foreach ([...glob("$stock/*.hbs"), ...glob("$custom/*.hbs")] as $file) {
            $templates[basename($file, '.hbs')] = (string) file_get_contents($file);
        }
        $component = [
            'controller' => $controllers === [] ? null : (string) file_get_contents($controllers[0]),
            'templates' => (object) $templates,
            'meta' => $this->meta($owner, $kind, $name, ["$stock/$name.php", "$custom/$name.php"], $extension),
        ];
        // A custom file with a stock component's name extends that component instead of replacing it.
        return isset($controllers[1])
            ? $component + ['custom_controller' => (string) file_get_contents($controllers[1])]
            : $component;
    }

    /** The custom definition replaces the stock one; the extension is applied to whichever it is. */
    private function meta(string $owner, string $kind, string $name, array $definitions, string $extension): ?array
    {
        $own = array_values(array_filter($definitions, 'is_file'));
        $viewdefs = PhpMeta::run('viewdefs', [...array_slice($own, -1), $extension]);
        return $owner === 'base' ? $viewdefs['base'][$kind][$name] ?? null : $viewdefs[$owner]['base'][$kind][$name] ?? null;
    }

    /** @return list<string> */
    private function modules(): array
    {
        return $this->names([$this->instance->stock('modules'), $this->instance->path('custom/modules')]);
    }

    /** @return list<string> the folders in any of the roots */
    private function names(array $roots): array
    {
        $names = [];
        foreach ($roots as $root) {
            foreach (glob("$root/*", GLOB_ONLYDIR) as $folder) {
                $names[basename($folder)] = true;
            }
        }
        $names = array_map('strval', array_keys($names));
        sort($names);
        return $names;
    }
}
