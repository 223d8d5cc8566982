<?php

/** The columns of the list of Notes. */

$viewdefs['Notes']['base']['view']['list'] = [
    'order' => 'date_entered:DESC',
    'search' => ['name'],
    'panels' => [
        [
            'fields' => [
                ['name' => 'name', 'label' => 'LBL_SUBJECT', 'link' => true],
                ['name' => 'contact_name', 'label' => 'LBL_CONTACT', 'type' => 'relate', 'module' => 'Contacts', 'id_name' => 'contact_id'],
                ['name' => 'assigned_user_name', 'label' => 'LBL_ASSIGNED_TO', 'readonly' => true],
                ['name' => 'date_entered', 'label' => 'LBL_DATE_ENTERED', 'type' => 'datetime'],
            ],
        ],
    ],
];
