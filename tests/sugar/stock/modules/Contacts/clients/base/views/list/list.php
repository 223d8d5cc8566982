<?php

/** The columns of the list of Contacts. */

$viewdefs['Contacts']['base']['view']['list'] = [
    'order' => 'last_name:ASC,first_name:ASC',
    'search' => ['first_name', 'last_name'],
    'panels' => [
        [
            'fields' => [
                ['name' => 'full_name', 'label' => 'LBL_NAME', 'type' => 'fullname', 'link' => true],
                ['name' => 'title', 'label' => 'LBL_TITLE'],
                ['name' => 'account_name', 'label' => 'LBL_ACCOUNT_NAME', 'type' => 'relate', 'module' => 'Accounts', 'id_name' => 'account_id', 'readonly' => true],
                ['name' => 'phone_mobile', 'label' => 'LBL_MOBILE_PHONE', 'type' => 'phone'],
                ['name' => 'phone_work', 'label' => 'LBL_OFFICE_PHONE', 'type' => 'phone'],
                ['name' => 'assigned_user_name', 'label' => 'LBL_ASSIGNED_TO', 'readonly' => true],
            ],
        ],
    ],
];
