<?php

/** The side bar since Sugar 13. */

$viewdefs['base']['layout']['sidebar-nav'] = [
    'components' => [
        ['view' => [
            'name' => 'sidebar-nav-contacts', 'type' => 'sidebar-nav-item', 'template' => 'sidebar-nav-item',
            'icon' => 'sicon-user', 'label' => 'LBL_NAV_CONTACTS', 'route' => 'Contacts',
        ]],
        ['view' => [
            'name' => 'sidebar-nav-notes', 'type' => 'sidebar-nav-item', 'template' => 'sidebar-nav-item',
            'icon' => 'sicon-document', 'label' => 'LBL_NAV_NOTES', 'route' => 'Notes',
        ]],
    ],
];
