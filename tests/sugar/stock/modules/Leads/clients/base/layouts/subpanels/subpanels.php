<?php

/** Related records below one of Leads. */

$viewdefs['Leads']['base']['layout']['subpanels'] = [
    'components' => [
        ['view' => 'notes-panel', 'context' => ['link' => 'notes']],
    ],
];
