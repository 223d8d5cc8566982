<?php

/** The top bar. */

$viewdefs['base']['layout']['header'] = [
    'css_class' => 'header',
    'components' => [
        ['view' => 'module-list'],
        ['view' => 'profileactions'],
    ],
];
