<?php

/** Buttons of records whose module does not bring its own. */

$viewdefs['base']['view']['record'] = [
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
];
