<?php

/** The Module Loader: reference sections 3 and 4. Later checks build on what earlier ones installed. */

declare(strict_types=1);

namespace Standin\Checks;

$install = static function (Sugar $sugar, string $zip): string {
    $upload = $sugar->upload($zip);
    Check::same(200, $upload->status, $upload->text);
    $done = $sugar->rest('GET', "/Administration/packages/{$upload->json['file_install']}/install", null, 'admin');
    Check::same('done', $done->json['status'] ?? $done->text);
    return $upload->json['file_install'];
};
$installed = static fn (Sugar $sugar): array => $sugar->rest('GET', '/Administration/packages/installed', null, 'admin')->json['packages'];
$instance = static fn (Sugar $sugar, string $file): string => "{$sugar->folder}/data/instance/$file";

return [
    'only admins upload' => static function (Sugar $sugar): void {
        Check::same('403 not_authorized', $sugar->rest('GET', '/Administration/packages')->error());
    },
    'an install compiles every extension to its place' => static function (Sugar $sugar) use ($install, $instance): void {
        $install($sugar, $sugar->zip());
        foreach ([
            'custom/application/Ext/Platforms/platforms.ext.php' => "\$platforms[] = 'fixture'",
            'custom/application/Ext/JSGroupings/jsgroups.ext.php' => 'js_groupings',
            'custom/application/Ext/Language/en_us.lang.ext.php' => 'LBL_FIXTURE',
            'custom/application/Ext/clients/base/layouts/footer/footer.ext.php' => 'fixture-launcher',
            'custom/modules/Administration/Ext/Administration/administration.ext.php' => 'admin_group_header',
            'custom/modules/Administration/Ext/Language/en_us.lang.ext.php' => 'LBL_FIXTURE_LINK',
        ] as $file => $content) {
            Check::contains($content, (string) @file_get_contents($instance($sugar, $file)), $file);
        }
    },
    'its platform may log in, its words and components are in the metadata' => static function (Sugar $sugar): void {
        Check::same(200, $sugar->login('sally', 'fixture')->status);
        $metadata = $sugar->rest('GET', '/metadata')->json;
        Check::same('Fixture', $metadata['app_strings']['LBL_FIXTURE']);
        $view = $metadata['components']['base']['views']['fixture-launcher'];
        Check::contains('fixture-launcher', $view['controller']);
        Check::contains('{{label}}', $view['templates']['fixture-launcher']);
        Check::contains('fixture-launcher', json_encode($metadata['components']['base']['layouts']['footer']['meta']));
        Check::same(false, isset($sugar->rest('GET', '/metadata/public', null, null)->json['components']));
    },
    'its start-up script is in the grouping, its files are served, its PHP is not' => static function (Sugar $sugar): void {
        Check::contains('fixtureLoaded', $sugar->http('GET', '/cache/include/javascript/sugar_grp7.min.js')->text);
        Check::same(200, $sugar->http('GET', '/custom/include/javascript/fixture.js')->status);
        Check::same(404, $sugar->http('GET', '/custom/clients/base/api/FixtureApi.php')->status);
        Check::same(404, $sugar->http('GET', '/custom/../config_override.php')->status);
    },
    'its endpoints run its own class' => static function (Sugar $sugar): void {
        Check::same('403 not_authorized', $sugar->rest('PUT', '/fixture/settings', ['url' => 'https://x.example'])->error());
        Check::same('422 missing_parameter', $sugar->rest('PUT', '/fixture/settings', [], 'admin')->error());
        Check::same('https://x.example', $sugar->rest('PUT', '/fixture/settings', ['url' => 'https://x.example'], 'admin')->json['url']);
        Check::same('seed_sally_id', $sugar->rest('GET', '/fixture/settings')->json['user_id']);
        Check::contains('"fixture"', $sugar->http('GET', '/config.js')->text, 'and the address is in the config of the browser');
    },
    'the admin page shows its panel in words' => static function (Sugar $sugar): void {
        Check::contains('Fixture settings', $sugar->http('GET', '/index.php?module=Administration&action=index')->text);
    },
    'the same version is refused, a higher one replaces it' => static function (Sugar $sugar) use ($install, $installed): void {
        Check::contains('installed already', $sugar->upload($sugar->zip(['README.txt' => 'x']))->json['error_description']);
        $manifest = str_replace("'1.0.0'", "'1.1.0'", $sugar->fixture('manifest.php'));
        $install($sugar, $sugar->zip(['manifest.php' => $manifest, 'custom/include/javascript/fixture.js' => 'window.fixtureLoaded = 2;']));
        Check::same(['1.1.0'], array_column($installed($sugar), 'version'));
        Check::contains('= 2', $sugar->http('GET', '/cache/include/javascript/sugar_grp7.min.js')->text);
    },
    'disabling takes it out, enabling brings it back' => static function (Sugar $sugar) use ($installed): void {
        $id = $installed($sugar)[0]['id'];
        $sugar->rest('GET', "/Administration/packages/$id/disable", null, 'admin');
        Check::same('404 not_found', $sugar->rest('GET', '/fixture/settings')->error());
        $sugar->rest('GET', "/Administration/packages/$id/enable", null, 'admin');
        Check::same('https://x.example', $sugar->rest('GET', '/fixture/settings')->json['url']);
    },
    'an uninstall leaves nothing behind' => static function (Sugar $sugar) use ($installed, $instance): void {
        $sugar->rest('GET', "/Administration/packages/{$installed($sugar)[0]['id']}/uninstall", null, 'admin');
        Check::same([], $installed($sugar));
        Check::same('422 invalid_parameter', $sugar->login('sally', 'fixture')->error());
        Check::same('404 not_found', $sugar->rest('GET', '/fixture/settings')->error());
        Check::same(false, str_contains($sugar->http('GET', '/cache/include/javascript/sugar_grp7.min.js')->text, 'fixtureLoaded'));
        Check::same('', trim((string) shell_exec('find ' . escapeshellarg($instance($sugar, 'custom')) . ' -type f')));
    },
    'a file that was there before comes back after the uninstall' => static function (Sugar $sugar) use ($install, $instance): void {
        $file = $instance($sugar, 'custom/include/javascript/fixture.js');
        mkdir(dirname($file), 0777, true);
        file_put_contents($file, 'theirs');
        $id = $install($sugar, $sugar->zip());
        Check::contains('fixtureLoaded', (string) file_get_contents($file));
        $sugar->rest('GET', "/Administration/packages/$id/uninstall", null, 'admin');
        Check::same('theirs', file_get_contents($file));
        unlink($file);
    },
    'without the repair call of its script the groupings stay as they were' => static function (Sugar $sugar) use ($install): void {
        $id = $install($sugar, $sugar->zip(['scripts/post_install.php' => '<?php']));
        Check::same(false, str_contains($sugar->http('GET', '/cache/include/javascript/sugar_grp7.min.js')->text, 'fixtureLoaded'));
        $sugar->rest('GET', "/Administration/packages/$id/uninstall", null, 'admin');
    },
];
