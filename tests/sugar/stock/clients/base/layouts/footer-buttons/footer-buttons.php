<?php

/** The buttons of the bottom bar of Sugar 10.2 to 12. */

$viewdefs['base']['layout']['footer-buttons'] = [
    'components' => [
        ['view' => 'help-button'],
    ],
];
