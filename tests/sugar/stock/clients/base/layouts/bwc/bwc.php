<?php

/** A legacy page. */

$viewdefs['base']['layout']['bwc'] = [
    'components' => [
        ['view' => 'bwc'],
    ],
];
