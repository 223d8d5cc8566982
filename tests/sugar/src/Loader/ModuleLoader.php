<?php

/**
 * Installs, upgrades and uninstalls packages in Sugar's order: scan, manifest, pre_execute, copy (what is overwritten is kept),
 * compile the extensions, post_execute, rebuild.
 */

declare(strict_types=1);

namespace Standin\Loader;

use Standin\Data\Dates;
use Standin\Instance\Instance;

final class ModuleLoader
{
    public function __construct(private readonly Instance $instance)
    {
    }

    /** Takes a zip, scans and checks it, and keeps it as "staged". @return string its id */
    public function stage(string $zipFile): string
    {
        $folder = Archive::unpack($this->instance, $zipFile);
        try {
            $scanner = new PackageScanner($folder);
            $scanner->scanFiles();
            $manifest = Manifest::read($folder);
            $manifest->check($this->instance);
            $scanner->scanTargets(CopyRule::all($manifest));
            $this->checkUpgrade($manifest);
        } catch (PackageError $e) {
            Archive::remove($folder);
            throw $e;
        }
        $id = basename($folder);
        $this->instance->db()->run("DELETE FROM packages WHERE id = ? OR (id_name = ? AND status = 'staged')", [$id, $manifest->id()]);
        $this->instance->db()->insert('packages', [
            'id' => $id, 'id_name' => $manifest->id(), 'name' => $manifest->manifest['name'], 'version' => $manifest->version(),
            'status' => 'staged', 'enabled' => 0, 'manifest' => json_encode($manifest->manifest),
            'installdefs' => json_encode($manifest->installdefs), 'files' => '[]', 'installed_at' => null,
        ]);
        return $id;
    }

    public function install(string $id): void
    {
        $manifest = $this->manifestOf($id);
        $before = $this->installed($manifest->id());
        if ($before !== null && !empty($manifest->manifest['uninstall_before_upgrade'])) {
            $this->uninstall($before['id']);
            $before = null;
        }
        $copied = [];
        try {
            $this->scripts($manifest, 'pre_execute');
            foreach (self::files($manifest) as $target => $source) {
                $this->copyIn($manifest->id(), $source, $target);
                $copied[$target] = true;
            }
            Repair::extensions($this->instance);
            $this->scripts($manifest, 'post_execute');
            Repair::extensions($this->instance);
        } catch (PackageError $e) {
            $this->takeOut($manifest->id(), array_keys($copied));
            foreach ($before === null ? [] : self::files($this->manifestOf($before['id'])) as $target => $source) {
                $this->copyIn($manifest->id(), $source, $target);
            }
            Repair::extensions($this->instance);
            throw $e;
        }
        // Files of the version before that the new one does not have stay where they are, and belong to the new one.
        $files = array_keys($copied + array_fill_keys(json_decode($before['files'] ?? '[]', true), true));
        if ($before !== null) {
            $this->instance->db()->run('DELETE FROM packages WHERE id = ?', [$before['id']]);
            Archive::remove($this->unpacked($before['id']));
        }
        $this->instance->db()->update('packages', [
            'status' => 'installed', 'enabled' => 1, 'files' => json_encode($files), 'installed_at' => Dates::now(),
        ], $id);
    }

    public function uninstall(string $id): void
    {
        $package = $this->package($id);
        $manifest = $this->manifestOf($id);
        $this->scripts($manifest, 'pre_uninstall');
        $this->takeOut($manifest->id(), json_decode($package['files'], true));
        Repair::extensions($this->instance);
        $this->scripts($manifest, 'post_uninstall');
        Repair::everything($this->instance);
        $this->instance->db()->run('DELETE FROM packages WHERE id = ?', [$id]);
        Archive::remove($manifest->folder);
        Archive::remove($this->backup($manifest->id()));
    }

    /** Disabling takes the files away and keeps the package and its settings; enabling brings them back. */
    public function setEnabled(string $id, bool $enabled): void
    {
        $package = $this->package($id);
        if ($enabled) {
            foreach (self::files($this->manifestOf($id)) as $target => $source) {
                $this->copyIn($package['id_name'], $source, $target);
            }
        } else {
            $this->takeOut($package['id_name'], json_decode($package['files'], true));
        }
        Repair::everything($this->instance);
        $this->instance->db()->update('packages', ['enabled' => (int) $enabled], $id);
    }

    public function installed(string $idName): ?array
    {
        return $this->instance->db()->row("SELECT * FROM packages WHERE id_name = ? AND status = 'installed'", [$idName]);
    }

    public function package(string $id): array
    {
        return $this->instance->db()->row('SELECT * FROM packages WHERE id = ?', [$id])
            ?? throw new PackageError('Unknown package', "There is no package \"$id\".");
    }

    private function manifestOf(string $id): Manifest
    {
        $this->package($id);
        return Manifest::read($this->unpacked($id));
    }

    private function unpacked(string $id): string
    {
        return $this->instance->path("upload/upgrades/module/$id");
    }

    /** @return array<string, string> target => source of everything that the package copies */
    private static function files(Manifest $manifest): array
    {
        return array_merge(...array_map(static fn (CopyRule $rule): array => $rule->files(), CopyRule::all($manifest)));
    }

    private function checkUpgrade(Manifest $manifest): void
    {
        $before = $this->installed($manifest->id());
        if ($before !== null && version_compare($manifest->version(), $before['version'], '<=')) {
            throw new PackageError('Issue with the manifest', "Version {$before['version']} of this package is installed already; "
                . "{$manifest->version()} is not higher.");
        }
    }

    private function copyIn(string $idName, string $source, string $target): void
    {
        $file = $this->instance->path($target);
        $kept = $this->backup($idName) . "/$target";
        if (is_file($file) && !is_file($kept) && !$this->isOurs($idName, $target)) {
            $this->copyFile($file, $kept);
        }
        $this->copyFile($source, $file);
    }

    /** @param list<string> $targets */
    private function takeOut(string $idName, array $targets): void
    {
        foreach ($targets as $target) {
            $file = $this->instance->path($target);
            $kept = $this->backup($idName) . "/$target";
            if (is_file($kept)) {
                $this->copyFile($kept, $file);
            } elseif (is_file($file)) {
                unlink($file);
                $this->removeEmptyFolders(dirname($file));
            }
        }
    }

    /** A file that the version before brought needs no backup. */
    private function isOurs(string $idName, string $target): bool
    {
        $package = $this->installed($idName);
        return $package !== null && $package['enabled'] && in_array($target, json_decode($package['files'], true), true);
    }

    private function scripts(Manifest $manifest, string $step): void
    {
        foreach ((array) ($manifest->installdefs[$step] ?? []) as $script) {
            $file = $manifest->folder . str_replace('<basepath>', '', (string) $script);
            if (!is_file($file)) {
                throw new PackageError('Issue with the manifest', "$step names \"$script\", which is not in the package.");
            }
            (new Script($this->instance))->run($file, $manifest);
        }
    }

    /** Kept over upgrades, therefore by the name of the package and not by its upload. */
    private function backup(string $idName): string
    {
        return $this->instance->path("upload/upgrades/backup/$idName");
    }

    private function copyFile(string $from, string $to): void
    {
        if (!is_dir(dirname($to))) {
            mkdir(dirname($to), 0777, true);
        }
        copy($from, $to);
    }

    private function removeEmptyFolders(string $folder): void
    {
        while ($folder !== $this->instance->path('custom') && count((array) scandir($folder)) === 2) {
            rmdir($folder);
            $folder = dirname($folder);
        }
    }
}
