<?php

/**
 * The header that Sugar sends since 11.0, with the entries that the admin added. There is only default-src, so it governs
 * fetch and WebSocket too, and a WebSocket needs an entry of its own.
 */

declare(strict_types=1);

namespace Standin\Page;

use Standin\Control\Switches;
use Standin\Instance\Instance;

final class ContentSecurityPolicy
{
    private const STOCK = "'self' 'unsafe-inline' 'unsafe-eval' https://*.pendo.io *.sugarcrm.com *.salesfusion.com "
        . '*.salesfusion360.com *.sugarapps.com *.sugarapps.eu';

    public function __construct(private readonly Instance $instance, private readonly Switches $switches)
    {
    }

    public function header(): string
    {
        $added = (array) $this->switches->value('page_origins');
        if (!$this->switches->value('csp_without_riverline')) {
            array_push($added, ...self::origins((string) $this->instance->setting('standin', 'riverline_url')));
        }
        return 'default-src ' . implode(' ', [self::STOCK, ...$added]) . "; img-src data: http: https:; object-src 'self'";
    }

    /** @return list<string> the http and the ws origin of an address */
    public static function origins(string $url): array
    {
        if (!preg_match('#^http(s?)://[^/?\#\s]+#', $url, $found)) {
            return [];
        }
        return [$found[0], 'ws' . substr($found[0], 4)];
    }
}
