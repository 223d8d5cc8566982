<?php

/** The top of a list page. */

$viewdefs['base']['view']['list-headerpane'] = [
    'template' => 'headerpane',
    'buttons' => [
        [
            'name' => 'create_button', 'type' => 'button', 'label' => 'LBL_CREATE_BUTTON_LABEL', 'css_class' => 'btn-primary',
            'acl_action' => 'create', 'events' => ['click' => 'button:create_button:click'],
        ],
    ],
];
