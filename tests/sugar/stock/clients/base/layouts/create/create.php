<?php

/** The drawer in which a record is made. */

$viewdefs['base']['layout']['create'] = [
    'components' => [
        ['layout' => [
            'type' => 'simple', 'name' => 'main-pane', 'css_class' => 'main-pane', 'span' => 12,
            'components' => [
                ['view' => 'create', 'primary' => true],
            ],
        ]],
    ],
];
