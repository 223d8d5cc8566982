<?php

/** Words of Accounts. */

$mod_strings = [
    'LBL_NAME' => 'Name',
    'LBL_OFFICE_PHONE' => 'Office phone',
    'LBL_OTHER_PHONE' => 'Other phone',
    'LBL_WEBSITE' => 'Website',
    'LBL_INDUSTRY' => 'Industry',
    'LBL_EMAIL' => 'Email',
    'LBL_ASSIGNED_TO' => 'Assigned to',
    'LBL_RECORD_BODY' => 'Overview',
];
