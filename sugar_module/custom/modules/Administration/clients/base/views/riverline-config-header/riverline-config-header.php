<?php
/** The buttons of the admin page. */
$viewdefs['Administration']['base']['view']['riverline-config-header'] = [
    'buttons' => [
        [
            'name' => 'cancel_button',
            'type' => 'button',
            'label' => 'LBL_CANCEL_BUTTON_LABEL',
            'css_class' => 'btn-invisible btn-link',
            'events' => ['click' => 'button:cancel_button:click'],
        ],
        [
            'name' => 'save_button',
            'type' => 'button',
            'label' => 'LBL_SAVE_BUTTON_LABEL',
            'css_class' => 'btn-primary',
            'events' => ['click' => 'button:save_button:click'],
        ],
    ],
];
