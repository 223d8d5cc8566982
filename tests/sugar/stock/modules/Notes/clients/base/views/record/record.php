<?php

/** The record page of Notes. */

$viewdefs['Notes']['base']['view']['record'] = [
    'panels' => [
        [
            'name' => 'panel_header', 'header' => true,
            'fields' => [
                ['name' => 'name', 'label' => 'LBL_SUBJECT'],
            ],
        ],
        [
            'name' => 'panel_body', 'label' => 'LBL_RECORD_BODY', 'columns' => 2,
            'fields' => [
                ['name' => 'parent_name', 'label' => 'LBL_RELATED_TO', 'type' => 'relate', 'module_field' => 'parent_type', 'id_name' => 'parent_id', 'readonly' => true],
                ['name' => 'contact_name', 'label' => 'LBL_CONTACT', 'type' => 'relate', 'module' => 'Contacts', 'id_name' => 'contact_id', 'readonly' => true],
                ['name' => 'assigned_user_name', 'label' => 'LBL_ASSIGNED_TO', 'readonly' => true],
                ['name' => 'date_entered', 'label' => 'LBL_DATE_ENTERED', 'type' => 'datetime', 'readonly' => true],
                ['name' => 'description', 'label' => 'LBL_NOTE', 'type' => 'textarea', 'span' => '12'],
            ],
        ],
    ],
];
