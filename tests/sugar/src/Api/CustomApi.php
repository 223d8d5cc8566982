<?php

/**
 * The REST endpoints that installed packages bring (custom/clients/base/api, custom/modules/<M>/clients/base/api). They are
 * collected at a rebuild; a request then runs the package's own class.
 */

declare(strict_types=1);

namespace Standin\Api;

use Standin\Instance\Instance;
use Standin\Instance\PackageCode;
use Standin\Loader\PackageError;
use Standin\Rest\Call;

final class CustomApi
{
    public function __construct(private readonly Instance $instance)
    {
    }

    public function register(): void
    {
        $routes = [];
        foreach ($this->files() as $file) {
            $class = basename($file, '.php');
            foreach ($this->object($file, $class)->registerApiRest() as $name => $route) {
                $this->check("$class ($name)", $route);
                $routes[] = ['file' => substr($file, strlen($this->instance->path()) + 1), 'class' => $class] + $route;
            }
        }
        file_put_contents($this->cache(), json_encode($routes, JSON_UNESCAPED_SLASHES));
    }

    public function routes(): array
    {
        $routes = is_file($this->cache()) ? json_decode((string) file_get_contents($this->cache()), true) : [];
        foreach ($routes as $i => $route) {
            $routes[$i]['handler'] = fn (Call $call, array $args): mixed => $this->run($route, $call, $args);
        }
        return $routes;
    }

    private function run(array $route, Call $call, array $args): mixed
    {
        // Loading the class leaves nobody as the current user; its methods run as the caller.
        $object = $this->object($this->instance->path($route['file']), $route['class']);
        PackageCode::prepare($this->instance, $call->user);
        $api = new \RestService($call, $GLOBALS['current_user']);
        $here = (string) getcwd();
        chdir($this->instance->path());
        try {
            return $object->{$route['method']}($api, $args);
        } finally {
            chdir($here);
        }
    }

    private function object(string $file, string $class): \SugarApi
    {
        PackageCode::prepare($this->instance, null);
        try {
            require_once $file;
            $object = new $class();
        } catch (\Throwable $e) {
            throw new PackageError('The rebuild failed', basename($file) . ", line {$e->getLine()}: {$e->getMessage()}");
        }
        return $object instanceof \SugarApi ? $object : throw new PackageError('The rebuild failed', "$class does not extend SugarApi.");
    }

    private function check(string $name, array $route): void
    {
        foreach (['reqType', 'path', 'pathVars', 'method', 'shortHelp'] as $key) {
            if (!isset($route[$key])) {
                throw new PackageError('The rebuild failed', "The endpoint $name does not say \"$key\".");
            }
        }
        if (count($route['path']) !== count($route['pathVars'])) {
            throw new PackageError('The rebuild failed', "In the endpoint $name path and pathVars differ in length.");
        }
    }

    /** @return list<string> */
    private function files(): array
    {
        return [
            ...glob($this->instance->path('custom/clients/base/api/*Api.php')),
            ...glob($this->instance->path('custom/modules/*/clients/base/api/*Api.php')),
        ];
    }

    private function cache(): string
    {
        return $this->instance->path('cache/api_routes.json');
    }
}
