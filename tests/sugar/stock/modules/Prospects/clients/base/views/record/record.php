<?php

/** The record page of Prospects. */

$viewdefs['Prospects']['base']['view']['record'] = [
    'buttons' => [
        ['type' => 'button', 'name' => 'cancel_button', 'label' => 'LBL_CANCEL_BUTTON_LABEL', 'showOn' => 'edit', 'events' => ['click' => 'button:cancel_button:click']],
        [
            'type' => 'rowaction', 'name' => 'save_button', 'label' => 'LBL_SAVE_BUTTON_LABEL', 'css_class' => 'btn btn-primary',
            'event' => 'button:save_button:click', 'showOn' => 'edit', 'acl_action' => 'edit',
        ],
        [
            'type' => 'actiondropdown', 'name' => 'main_dropdown', 'primary' => true, 'showOn' => 'view',
            'buttons' => [
                ['type' => 'rowaction', 'name' => 'edit_button', 'label' => 'LBL_EDIT_BUTTON_LABEL', 'event' => 'button:edit_button:click', 'acl_action' => 'edit'],
                ['type' => 'rowaction', 'name' => 'delete_button', 'label' => 'LBL_DELETE_BUTTON_LABEL', 'event' => 'button:delete_button:click', 'acl_action' => 'delete'],
            ],
        ],
        ['type' => 'sidebartoggle', 'name' => 'sidebar_toggle'],
    ],
    'panels' => [
        [
            'name' => 'panel_header', 'header' => true,
            'fields' => [
                ['name' => 'full_name', 'label' => 'LBL_NAME', 'type' => 'fullname'],
            ],
        ],
        [
            'name' => 'panel_body', 'label' => 'LBL_RECORD_BODY', 'columns' => 2,
            'fields' => [
                ['name' => 'phone_mobile', 'label' => 'LBL_MOBILE_PHONE', 'type' => 'phone'],
                ['name' => 'account_name', 'label' => 'LBL_ACCOUNT_NAME'],
                ['name' => 'title', 'label' => 'LBL_TITLE'],
                ['name' => 'phone_work', 'label' => 'LBL_OFFICE_PHONE', 'type' => 'phone'],
                ['name' => 'email', 'label' => 'LBL_EMAIL', 'type' => 'email'],
                ['name' => 'do_not_call', 'label' => 'LBL_DO_NOT_CALL', 'type' => 'bool'],
                ['name' => 'assigned_user_name', 'label' => 'LBL_ASSIGNED_TO', 'readonly' => true],
            ],
        ],
    ],
];
