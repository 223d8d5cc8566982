<?php

/** The columns of the list of Accounts. */

$viewdefs['Accounts']['base']['view']['list'] = [
    'order' => 'name:ASC',
    'search' => ['name'],
    'panels' => [
        [
            'fields' => [
                ['name' => 'name', 'label' => 'LBL_NAME', 'link' => true],
                ['name' => 'industry', 'label' => 'LBL_INDUSTRY'],
                ['name' => 'phone_office', 'label' => 'LBL_OFFICE_PHONE', 'type' => 'phone'],
                ['name' => 'assigned_user_name', 'label' => 'LBL_ASSIGNED_TO', 'readonly' => true],
            ],
        ],
    ],
];
