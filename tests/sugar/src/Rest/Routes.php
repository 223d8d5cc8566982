<?php

/** All endpoints: those of the stand-in and those that installed packages register. */

declare(strict_types=1);

namespace Standin\Rest;

use Standin\Api\BulkApi;
use Standin\Api\CustomApi;
use Standin\Api\FilesApi;
use Standin\Api\ListApi;
use Standin\Api\LinksApi;
use Standin\Api\MeApi;
use Standin\Api\MetadataApi;
use Standin\Api\PackagesApi;
use Standin\Api\RecordsApi;
use Standin\Instance\Instance;
use Standin\OAuth\OAuthApi;

final class Routes
{
    public function __construct(private readonly Instance $instance)
    {
    }

    public function all(): array
    {
        $routes = (new CustomApi($this->instance))->routes();
        foreach ([OAuthApi::class, MeApi::class, MetadataApi::class, BulkApi::class, PackagesApi::class,
            ListApi::class, LinksApi::class, FilesApi::class, RecordsApi::class] as $class) {
            $api = new $class();
            foreach ($api->routes() as [$method, $path, $handler, $more]) {
                $routes[] = $more + self::route($method, $path, [$api, $handler]);
            }
        }
        return $routes;
    }

    /** "/<module>/:record/link/:link" in Sugar's form; a name after ":" is a path variable, "<module>" is one too. */
    private static function route(string $method, string $path, callable $handler): array
    {
        $segments = [];
        $vars = [];
        foreach (explode('/', trim($path, '/')) as $part) {
            $segments[] = $part[0] === ':' ? '?' : $part;
            $vars[] = match (true) {
                $part === '<module>' => 'module',
                $part[0] === ':' => substr($part, 1),
                default => '',
            };
        }
        return ['reqType' => $method, 'path' => $segments, 'pathVars' => $vars, 'handler' => $handler];
    }
}
