<?php

/** The legacy Administration page: the panels that packages add through the Administration extension. */

declare(strict_types=1);

namespace Standin\Page;

use Standin\Instance\Instance;
use Standin\Metadata\Languages;
use Standin\Metadata\PhpMeta;

final class AdminPage
{
    public function __construct(private readonly Instance $instance)
    {
    }

    public function html(): string
    {
        $groups = PhpMeta::run('admin_group_header', [
            $this->instance->path('custom/modules/Administration/Ext/Administration/administration.ext.php'),
        ]);
        $languages = new Languages($this->instance);
        $strings = $languages->ofModule('Administration') + $languages->appStrings();
        $text = static fn (mixed $label): string => htmlspecialchars((string) ($strings[(string) $label] ?? $label));
        $body = '';
        foreach ($groups as $group) {
            $body .= "<h2>{$text($group[0])}</h2>\n<p>{$text($group[4] ?? '')}</p>\n<ul>\n";
            foreach ($group[3] as $links) {
                foreach ($links as $name => $link) {
                    $body .= '<li data-admin-link="' . htmlspecialchars((string) $name) . '"><a href="' . htmlspecialchars((string) $link[3])
                        . "\">{$text($link[1])}</a> <span>{$text($link[2])}</span></li>\n";
                }
            }
            $body .= "</ul>\n";
        }
        return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Administration</title></head>\n"
            . "<body><h1>Administration</h1>\n$body</body></html>\n";
    }
}
