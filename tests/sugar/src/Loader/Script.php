<?php

/** Runs a pre_/post_ script of a package the way Sugar's installer does: in the instance's folder, as the admin. */

declare(strict_types=1);

namespace Standin\Loader;

use Standin\Data\User;
use Standin\Instance\Instance;
use Standin\Instance\PackageCode;

final class Script
{
    public function __construct(private readonly Instance $instance)
    {
    }

    public function run(string $file, Manifest $package): void
    {
        PackageCode::prepare($this->instance, User::byName($this->instance->db(), 'admin'));
        $here = (string) getcwd();
        chdir($this->instance->path());
        ob_start();
        try {
            (static function (string $__file, array $manifest, array $installdefs): void {
                require $__file;
            })($file, $package->manifest, $package->installdefs);
        } catch (\Throwable $e) {
            throw new PackageError('The package could not be installed', basename($file) . ", line {$e->getLine()}: {$e->getMessage()}");
        } finally {
            ob_end_clean();
            chdir($here);
        }
    }
}
