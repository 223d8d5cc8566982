<?php
/** The admin page: #Administration/layout/riverline-config */
$viewdefs['Administration']['base']['layout']['riverline-config'] = [
    'name' => 'main-pane',
    'type' => 'simple',
    'css_class' => 'main-pane row-fluid',
    'span' => 12,
    'components' => [
        ['view' => 'riverline-config-header'],
        ['view' => 'riverline-config'],
    ],
];
