<?php
/**
 * The Riverline package for Sugar's Module Loader. `riverline package` zips this folder; the target of every copy below
 * is under custom/, and nothing of Sugar's is overwritten.
 */
$manifest = [
    'id' => 'riverline',
    'key' => 'rl',
    'name' => 'Riverline',
    'description' => 'Live chat between colleagues, and text messages to contacts, inside Sugar',
    'version' => '0.1.0',
    'author' => 'The Riverline authors',
    'type' => 'module',
    'icon' => '',
    'readme' => 'README.txt',
    'published_date' => '2026-11-22 00:00:00',
    'is_uninstallable' => 'true',
    'remove_tables' => false,
    'uninstall_before_upgrade' => false,
    'acceptable_sugar_versions' => [
        'exact_matches' => [],
        'regex_matches' => ['^(7\\.1\\d|8|9|1[0-4]|25|26)\\.'],
    ],
    'acceptable_sugar_flavors' => ['PRO', 'CORP', 'ENT', 'ULT'],
];

$installdefs = [
    'id' => 'riverline',
    'copy' => [
        [
            'from' => '<basepath>/custom',
            'to' => 'custom',
        ],
    ],
    'post_execute' => ['<basepath>/scripts/post_install.php'],
    'post_uninstall' => ['<basepath>/scripts/post_uninstall.php', '<basepath>/scripts/post_install.php'],
];
