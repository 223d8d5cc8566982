<?php

/** The page, its header and the metadata: reference section 6 and the contract with the Sidecar runtime. */

declare(strict_types=1);

namespace Standin\Checks;

return [
    'the page has the header of Sugar with the address of Riverline, or without it' => static function (Sugar $sugar): void {
        $other = new Sugar(['--riverline-url=https://panel.example:8443/x', '--mode=host=footer']);
        try {
            $policy = $other->http('GET', '/')->headers['content-security-policy'];
            Check::contains("default-src 'self' 'unsafe-inline' 'unsafe-eval' https://*.pendo.io", $policy);
            Check::contains(' https://panel.example:8443 wss://panel.example:8443; img-src', $policy);
            Check::contains('SUGAR.standin = {"host":"footer"}', $other->http('GET', '/config.js')->text);
            $other->switch('csp_without_riverline', true);
            Check::same(false, str_contains($other->http('GET', '/')->headers['content-security-policy'], 'panel.example'));
        } finally {
            $other->stop();
        }
    },
    'the page loads libraries, configuration, groupings, boot, in this order' => static function (Sugar $sugar): void {
        preg_match_all('#<script src="([^"?]+)#', $sugar->http('GET', '/')->text, $found);
        $order = array_values(array_intersect(
            $found[1],
            ['/libs/jquery/dist/jquery.js', '/config.js', '/cache/include/javascript/sugar_grp7.min.js', '/sidecar/boot.js']
        ));
        Check::same(['/libs/jquery/dist/jquery.js', '/config.js', '/cache/include/javascript/sugar_grp7.min.js', '/sidecar/boot.js'], $order);
    },
    'server_info alone, and nothing of a package without a package' => static function (Sugar $sugar): void {
        $info = $sugar->rest('GET', '/metadata?type_filter=server_info')->json;
        Check::same([['server_info', '_hash'], '14.0.0', 'ENT'], [array_keys($info), $info['server_info']['version'], $info['server_info']['flavor']]);
        Check::same(false, str_contains(strtolower($sugar->rest('GET', '/metadata')->text), 'riverline'));
    },
];
