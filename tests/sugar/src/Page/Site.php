<?php

/** Everything of the site that is not REST: the page, its configuration, its scripts and the legacy admin page. */

declare(strict_types=1);

namespace Standin\Page;

use Standin\Control\Switches;
use Standin\Instance\Instance;
use Standin\Rest\Request;
use Standin\Rest\Response;

final class Site
{
    private const MIME = [
        'js' => 'text/javascript; charset=UTF-8', 'css' => 'text/css; charset=UTF-8', 'html' => 'text/html; charset=UTF-8',
        'png' => 'image/png', 'gif' => 'image/gif', 'jpg' => 'image/jpeg', 'svg' => 'image/svg+xml', 'txt' => 'text/plain; charset=UTF-8',
    ];

    public function __construct(private readonly Instance $instance)
    {
    }

    public function handle(Request $request): Response
    {
        $path = $request->path;
        if ($path === '/index.php' && ($request->query['module'] ?? '') === 'Administration') {
            return $this->page((new AdminPage($this->instance))->html());
        }
        if (in_array($path, ['/', '/index.php', '/index.html'], true)) {
            return $this->page((new Shell($this->instance))->html());
        }
        if ($path === '/config.js') {
            return $this->fresh((new BaseConfig($this->instance))->script(), self::MIME['js']);
        }
        return $this->file($path) ?? Response::html('Not found', 404);
    }

    private function page(string $html): Response
    {
        $csp = new ContentSecurityPolicy($this->instance, new Switches($this->instance->db()));
        return Response::html($html, 200, ['Content-Security-Policy' => $csp->header(), 'Cache-Control' => 'no-cache']);
    }

    private function file(string $path): ?Response
    {
        $tests = dirname(__DIR__, 3);
        $roots = [
            '/cache/include/javascript/' => $this->instance->path('cache/include/javascript'),
            '/custom/' => $this->instance->path('custom'),
            '/sidecar/' => "$tests/sugar/sidecar",
            '/libs/' => "$tests/node_modules",
        ];
        foreach ($roots as $prefix => $root) {
            if (str_starts_with($path, $prefix)) {
                $file = realpath("$root/" . substr($path, strlen($prefix)));
                $mime = self::MIME[strtolower(pathinfo($path, PATHINFO_EXTENSION))] ?? null;
                $inside = $file !== false && str_starts_with($file, realpath($root) . '/');
                return $inside && $mime !== null && is_file($file) ? $this->fresh((string) file_get_contents($file), $mime) : null;
            }
        }
        return null;
    }

    private function fresh(string $content, string $mime): Response
    {
        return new Response(200, $content, ['Content-Type' => $mime, 'Cache-Control' => 'no-cache']);
    }
}
