<?php

/** The actions of each row in the list of Contacts; packages append to them. */

$viewdefs['Contacts']['base']['view']['recordlist'] = [
    'rowactions' => [
        'actions' => [],
    ],
];
