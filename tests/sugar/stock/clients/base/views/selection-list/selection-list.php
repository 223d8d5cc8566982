<?php

/** Each row of the drawer in which a record is chosen. */

$viewdefs['base']['view']['selection-list'] = [
    'rowactions' => ['actions' => [
        ['type' => 'rowaction', 'name' => 'select_button', 'label' => 'LBL_SELECT_BUTTON_LABEL', 'event' => 'selection:chosen'],
    ]],
];
