<?php

/** Reads manifest.php of an unpacked package and checks what the Module Loader checks before it installs. */

declare(strict_types=1);

namespace Standin\Loader;

use Standin\Instance\Instance;

final class Manifest
{
    private const HEADING = 'Issue with the manifest';
    private const REQUIRED = ['name', 'version', 'author', 'description', 'type', 'published_date', 'acceptable_sugar_versions',
        'acceptable_sugar_flavors'];

    private function __construct(
        public readonly array $manifest,
        public readonly array $installdefs,
        public readonly string $folder
    ) {
    }

    public static function read(string $folder): self
    {
        if (!is_file("$folder/manifest.php")) {
            throw new PackageError(self::HEADING, 'The package has no manifest.php at its root.');
        }
        [$manifest, $installdefs] = (static function (string $__file): array {
            $manifest = $installdefs = [];
            include $__file;
            return [$manifest, $installdefs];
        })("$folder/manifest.php");
        return new self((array) $manifest, (array) $installdefs, $folder);
    }

    public function id(): string
    {
        return (string) $this->installdefs['id'];
    }

    public function version(): string
    {
        return (string) $this->manifest['version'];
    }

    /** @throws PackageError with the first thing that is wrong */
    public function check(Instance $instance): void
    {
        foreach (self::REQUIRED as $key) {
            if (empty($this->manifest[$key])) {
                throw new PackageError(self::HEADING, "The manifest does not say \"$key\".");
            }
        }
        if (!preg_match('/^[A-Za-z0-9_-]{1,100}$/', (string) ($this->installdefs['id'] ?? ''))) {
            throw new PackageError(self::HEADING, 'installdefs needs an "id" of letters, digits, "_" and "-": upgrades and uninstalls go by it.');
        }
        if (!preg_match('/^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/', $this->version())) {
            throw new PackageError(self::HEADING, "The version \"{$this->version()}\" is not a semantic version such as 1.2.3.");
        }
        if ($this->manifest['type'] !== 'module') {
            throw new PackageError(self::HEADING, "The stand-in installs packages of type \"module\" only, not \"{$this->manifest['type']}\".");
        }
        if (preg_match('/[\'"]/', $this->manifest['name'] . $this->manifest['description'])) {
            throw new PackageError(self::HEADING, 'The name and the description must not hold quotation marks or apostrophes.');
        }
        if (!in_array($this->manifest['is_uninstallable'] ?? false, ['true', 'Yes', true], true)) {
            throw new PackageError(self::HEADING, 'The package cannot be uninstalled: "is_uninstallable" is not \'true\'.');
        }
        $this->checkSugar($instance->version(), $instance->flavor());
        $this->checkDependencies($instance);
    }

    private function checkSugar(string $version, string $flavor): void
    {
        $accepted = (array) $this->manifest['acceptable_sugar_versions'];
        $fits = in_array($version, (array) ($accepted['exact_matches'] ?? (array_is_list($accepted) ? $accepted : [])), true);
        foreach ((array) ($accepted['regex_matches'] ?? []) as $regex) {
            $match = @preg_match("/$regex/", $version);
            if ($match === false) {
                throw new PackageError(self::HEADING, "\"$regex\" in regex_matches is not a regular expression.");
            }
            $fits = $fits || $match === 1;
        }
        if (!$fits) {
            throw new PackageError(self::HEADING, "The uploaded file is not compatible with this version of Sugar: $version");
        }
        if (!in_array($flavor, (array) $this->manifest['acceptable_sugar_flavors'], true)) {
            throw new PackageError(self::HEADING, "The uploaded file is not compatible with this edition of Sugar: $flavor");
        }
    }

    private function checkDependencies(Instance $instance): void
    {
        foreach ((array) ($this->manifest['dependencies'] ?? []) as $needed) {
            $found = $instance->db()->value("SELECT version FROM packages WHERE id_name = ? AND status = 'installed'", [$needed['id_name']]);
            if ($found === null || version_compare((string) $found, (string) $needed['version'], '<')) {
                throw new PackageError(self::HEADING, "The package needs {$needed['id_name']} {$needed['version']} to be installed first.");
            }
        }
    }
}
