<?php

/** The page of one record. */

$viewdefs['base']['layout']['record'] = [
    'components' => [
        ['layout' => [
            'type' => 'simple', 'name' => 'main-pane', 'css_class' => 'main-pane', 'span' => 12,
            'components' => [
                ['view' => 'record', 'primary' => true],
                ['layout' => 'extra-info'],
                ['layout' => 'subpanels'],
            ],
        ]],
    ],
];
