<?php

/** The user's menu; packages append to it. */

$viewdefs['base']['view']['profileactions'] = [
    ['route' => '#Administration', 'label' => 'LBL_ADMIN', 'icon' => 'sicon-settings', 'acl_action' => 'admin', 'acl_module' => 'Administration'],
    ['route' => '#logout', 'label' => 'LBL_LOGOUT', 'icon' => 'sicon-logout'],
];
