<?php

/** The top of the drawer in which a record is chosen. */

$viewdefs['base']['view']['selection-headerpane'] = [
    'template' => 'headerpane',
    'buttons' => [
        ['type' => 'button', 'name' => 'cancel_button', 'label' => 'LBL_CANCEL_BUTTON_LABEL', 'events' => ['click' => 'button:cancel_button:click']],
    ],
];
