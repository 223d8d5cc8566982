<?php

/** The list page of a module. */

$viewdefs['base']['layout']['records'] = [
    'components' => [
        ['layout' => [
            'type' => 'simple', 'name' => 'main-pane', 'css_class' => 'main-pane', 'span' => 12,
            'components' => [
                ['view' => 'list-headerpane'],
                ['view' => 'recordlist', 'primary' => true],
            ],
        ]],
    ],
];
