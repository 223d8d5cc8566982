<?php

/** The drawer in which one record of a module is chosen. */

$viewdefs['base']['layout']['selection-list'] = [
    'components' => [
        ['layout' => [
            'type' => 'simple', 'name' => 'main-pane', 'css_class' => 'main-pane', 'span' => 12,
            'components' => [
                ['view' => 'selection-headerpane'],
                ['view' => 'selection-list', 'primary' => true],
            ],
        ]],
    ],
];
