<?php

/** Related records below one of Contacts. */

$viewdefs['Contacts']['base']['layout']['subpanels'] = [
    'components' => [
        ['view' => 'notes-panel', 'context' => ['link' => 'notes']],
    ],
];
