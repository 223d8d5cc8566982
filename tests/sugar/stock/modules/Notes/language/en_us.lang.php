<?php

/** Words of Notes. */

$mod_strings = [
    'LBL_SUBJECT' => 'Subject',
    'LBL_RELATED_TO' => 'Related to',
    'LBL_CONTACT' => 'Contact',
    'LBL_NOTE' => 'Note',
    'LBL_DATE_ENTERED' => 'Created',
    'LBL_ASSIGNED_TO' => 'Assigned to',
    'LBL_RECORD_BODY' => 'Overview',
];
