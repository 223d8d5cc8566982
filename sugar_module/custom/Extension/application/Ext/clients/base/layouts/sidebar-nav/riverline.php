<?php
/** "Live Chat" in the side bar of Sugar 13 and later. */
$viewdefs['base']['layout']['sidebar-nav']['components'][] = [
    'view' => [
        'name' => 'riverline-nav-item',
        'type' => 'riverline-nav-item',
        'icon' => 'sicon-message',
        'label' => 'LBL_RL_LIVE_CHAT',
        'template' => 'sidebar-nav-item',
    ],
];
