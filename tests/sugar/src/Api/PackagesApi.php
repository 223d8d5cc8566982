<?php

/** /Administration/packages: the Module Loader over REST, for admins. */

declare(strict_types=1);

namespace Standin\Api;

use Standin\Loader\ModuleLoader;
use Standin\Loader\PackageError;
use Standin\Rest\ApiError;
use Standin\Rest\Call;

final class PackagesApi
{
    public function routes(): array
    {
        return [
            ['POST', '/Administration/packages', 'upload', []],
            ['GET', '/Administration/packages', 'all', []],
            ['GET', '/Administration/packages/installed', 'installed', []],
            ['GET', '/Administration/packages/staged', 'staged', []],
            ['GET', '/Administration/packages/:id/install', 'install', []],
            ['GET', '/Administration/packages/:id/installation-status', 'status', []],
            ['GET', '/Administration/packages/:id/uninstall', 'uninstall', []],
            ['GET', '/Administration/packages/:id/enable', 'enable', []],
            ['GET', '/Administration/packages/:id/disable', 'disable', []],
        ];
    }

    public function upload(Call $call, array $args): array
    {
        $call->requireAdmin();
        $part = $call->request->files['upgrade_zip'] ?? throw ApiError::of('missing_parameter', 'The part upgrade_zip is missing.');
        $id = $this->tell(fn (): string => (new ModuleLoader($call->instance))->stage($part['tmp_name']));
        return ['file_install' => $id, 'unFile' => $id];
    }

    public function all(Call $call, array $args): array
    {
        return $this->list($call, ['staged', 'installed']);
    }

    public function installed(Call $call, array $args): array
    {
        return $this->list($call, ['installed']);
    }

    public function staged(Call $call, array $args): array
    {
        return $this->list($call, ['staged']);
    }

    public function install(Call $call, array $args): array
    {
        return $this->change($call, static fn (ModuleLoader $loader) => $loader->install($args['id'])) + $this->status($call, $args);
    }

    public function status(Call $call, array $args): array
    {
        $call->requireAdmin();
        $package = $this->tell(fn (): array => (new ModuleLoader($call->instance))->package($args['id']));
        return ['status' => $package['status'] === 'installed' ? 'done' : 'waiting', 'package' => $this->describe($package)];
    }

    public function uninstall(Call $call, array $args): array
    {
        return $this->change($call, static fn (ModuleLoader $loader) => $loader->uninstall($args['id']));
    }

    public function enable(Call $call, array $args): array
    {
        return $this->change($call, static fn (ModuleLoader $loader) => $loader->setEnabled($args['id'], true));
    }

    public function disable(Call $call, array $args): array
    {
        return $this->change($call, static fn (ModuleLoader $loader) => $loader->setEnabled($args['id'], false));
    }

    private function change(Call $call, callable $work): array
    {
        $call->requireAdmin();
        $this->tell(static fn () => $work(new ModuleLoader($call->instance)));
        return ['success' => true];
    }

    private function list(Call $call, array $states): array
    {
        $call->requireAdmin();
        $packages = [];
        foreach ($call->db()->rows('SELECT * FROM packages ORDER BY name') as $package) {
            if (in_array($package['status'], $states, true)) {
                $packages[] = $this->describe($package);
            }
        }
        return ['packages' => $packages];
    }

    private function describe(array $package): array
    {
        return [
            'id' => $package['id'], 'id_name' => $package['id_name'], 'name' => $package['name'], 'version' => $package['version'],
            'type' => 'module', 'enabled' => (bool) $package['enabled'], 'uninstallable' => true, 'file_install' => $package['id'],
        ];
    }

    private function tell(callable $work): mixed
    {
        try {
            return $work();
        } catch (PackageError $e) {
            throw new ApiError('upload_package_error', $e->heading, 422, ['error_description' => $e->sentence]);
        }
    }
}
