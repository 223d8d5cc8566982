<?php

/**
 * The one page of the browser application. Order matters as in Sugar: libraries, configuration, the Sidecar runtime, the
 * start-up scripts of the JS groupings, and only then the runtime's boot.js.
 */

declare(strict_types=1);

namespace Standin\Page;

use Standin\Instance\Instance;

final class Shell
{
    private const LIBRARIES = [
        'jquery/dist/jquery.js', 'jquery-migrate/dist/jquery-migrate.min.js', 'jquery-ui/dist/jquery-ui.min.js', 'underscore/underscore-umd.js',
        'backbone/backbone.js', 'handlebars/dist/handlebars.js', 'moment/min/moment.min.js',
    ];

    public function __construct(private readonly Instance $instance)
    {
    }

    public function html(): string
    {
        $scripts = array_map(static fn (string $file): string => "/libs/$file", self::LIBRARIES);
        $scripts[] = '/config.js';
        array_push($scripts, ...$this->sidecar('js'));
        $scripts[] = '/cache/' . Groupings::MAIN . '?v=' . md5_file($this->instance->path('cache/' . Groupings::MAIN));
        $scripts[] = '/sidecar/boot.js';
        $tags = '';
        foreach ($this->sidecar('css') as $style) {
            $tags .= "<link rel=\"stylesheet\" href=\"$style\">\n";
        }
        foreach ($scripts as $script) {
            $body = ($body ?? '') . "<script src=\"$script\"></script>\n";
        }
        return <<<HTML
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <title>SugarCRM stand-in</title>
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <link rel="icon" href="data:,">
            {$tags}</head>
            <body>
            <div id="sugarcrm"><div id="sidecar">
            <div id="alerts"></div><div id="header"></div><div id="content"></div><div id="drawers"></div><div id="footer"></div>
            </div></div>
            {$body}</body>
            </html>

            HTML;
    }

    /** @return list<string> the runtime's files in the order that sidecar/load-order.txt gives, without boot.js */
    private function sidecar(string $extension): array
    {
        $folder = dirname(__DIR__, 2) . '/sidecar';
        $files = is_file("$folder/load-order.txt")
            ? array_map('trim', file("$folder/load-order.txt", FILE_IGNORE_NEW_LINES | FILE_SKIP_EMPTY_LINES))
            : array_map('basename', glob("$folder/*.$extension"));
        $wanted = array_filter($files, static fn (string $file): bool => str_ends_with($file, ".$extension") && $file !== 'boot.js');
        return array_map(static fn (string $file): string => "/sidecar/$file", array_values($wanted));
    }
}
