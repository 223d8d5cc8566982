<?php

/** The bottom bar of Sugar 7 to 10.1. */

$viewdefs['base']['layout']['footer'] = [
    'components' => [
        ['view' => 'help-button'],
    ],
];
