<?php
/** The SMS icon among the buttons of a lead, before the toggle of the side pane. May run twice. */
if (!empty($viewdefs['Leads']['base']['view']['record']['buttons'])
    && is_array($viewdefs['Leads']['base']['view']['record']['buttons'])) {
    $riverlineButtons = array_values($viewdefs['Leads']['base']['view']['record']['buttons']);
    $riverlinePlace = count($riverlineButtons);
    $riverlineIsThere = false;
    foreach ($riverlineButtons as $riverlineIndex => $riverlineButton) {
        $riverlineName = is_array($riverlineButton) && isset($riverlineButton['name']) ? $riverlineButton['name'] : '';
        if ($riverlineName === 'riverline_sms_button') {
            $riverlineIsThere = true;
        }
        if ($riverlineName === 'sidebar_toggle') {
            $riverlinePlace = $riverlineIndex;
        }
    }
    if (!$riverlineIsThere) {
        array_splice($riverlineButtons, $riverlinePlace, 0, [[
            'type' => 'riverline-sms-button',
            'name' => 'riverline_sms_button',
            'label' => 'LBL_RL_TEXT_MESSAGE',
            'showOn' => 'view',
            'acl_action' => 'view',
        ]]);
        $viewdefs['Leads']['base']['view']['record']['buttons'] = $riverlineButtons;
    }
    unset($riverlineButtons, $riverlinePlace, $riverlineIsThere, $riverlineIndex, $riverlineButton, $riverlineName);
}
