<?php

/**
 * Finds the endpoint of a path, with route definitions in the form of Sugar's registerApiRest(). The most exact wins:
 * a literal segment before '<module>' before '?'.
 */

declare(strict_types=1);

namespace Standin\Rest;

use Standin\Data\Modules;

final class Router
{
    /** @param list<array> $routes */
    public function __construct(private readonly array $routes)
    {
    }

    /**
     * @param list<string> $segments
     * @return array{0: array, 1: array<string, string>} the route and its path variables
     */
    public function find(string $method, array $segments, string $version): array
    {
        $best = null;
        $bestScore = '';
        $otherMethod = false;
        foreach ($this->routes as $route) {
            $score = $this->score($route['path'], $segments);
            if ($score === null || !$this->servesVersion($route, $version)) {
                continue;
            }
            if (!in_array($method, (array) $route['reqType'], true)) {
                $otherMethod = true;
                continue;
            }
            if ($best === null || strcmp($score, $bestScore) > 0) {
                [$best, $bestScore] = [$route, $score];
            }
        }
        if ($best === null) {
            throw ApiError::unlisted($otherMethod ? 'no_method' : 'not_found');
        }
        $vars = [];
        foreach ($best['pathVars'] as $i => $name) {
            if ($name !== '' && isset($segments[$i])) {
                $vars[$name] = $segments[$i];
            }
        }
        return [$best, $vars];
    }

    /** One character per segment, so that comparing two scores as text compares segment by segment. */
    private function score(array $path, array $segments): ?string
    {
        if (count($path) !== count($segments)) {
            return null;
        }
        $score = '';
        foreach ($path as $i => $part) {
            if ($part === '?') {
                $score .= '1';
            } elseif ($part === '<module>' && Modules::get($segments[$i]) !== null) {
                $score .= '2';
            } elseif (strcasecmp($part, $segments[$i]) === 0) {
                $score .= '3';
            } else {
                return null;
            }
        }
        return $score;
    }

    private function servesVersion(array $route, string $version): bool
    {
        $wanted = strtr($version, '_', '.');
        $fits = static fn (string $key, string $operator): bool => !isset($route[$key])
            || version_compare($wanted, strtr((string) $route[$key], '_', '.'), $operator);
        return $fits('minVersion', '>=') && $fits('maxVersion', '<=');
    }
}
