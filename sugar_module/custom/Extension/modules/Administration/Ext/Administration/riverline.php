<?php
/** Riverline's entry on the Administration page. */
$admin_option_defs = [];
$admin_option_defs['Administration']['riverline_config'] = [
    'Administration',
    'LBL_RL_ADMIN_LINK',
    'LBL_RL_ADMIN_LINK_DESC',
    'javascript:void(parent.SUGAR.App.router.navigate("Administration/layout/riverline-config", {trigger: true}));',
    'icon' => 'sicon-message',
];
$admin_group_header[] = ['LBL_RL_ADMIN_SECTION', '', false, $admin_option_defs, 'LBL_RL_ADMIN_SECTION_DESC'];
