<?php

/** Words of Prospects. */

$mod_strings = [
    'LBL_NAME' => 'Name',
    'LBL_FIRST_NAME' => 'First name',
    'LBL_LAST_NAME' => 'Last name',
    'LBL_TITLE' => 'Title',
    'LBL_ACCOUNT_NAME' => 'Account',
    'LBL_MOBILE_PHONE' => 'Mobile',
    'LBL_OFFICE_PHONE' => 'Office phone',
    'LBL_EMAIL' => 'Email',
    'LBL_DO_NOT_CALL' => 'Do not call',
    'LBL_ASSIGNED_TO' => 'Assigned to',
    'LBL_RECORD_BODY' => 'Overview',
];
