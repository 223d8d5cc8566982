<?php

/** Related records below one of Accounts. */

$viewdefs['Accounts']['base']['layout']['subpanels'] = [
    'components' => [
        ['view' => 'notes-panel', 'context' => ['link' => 'notes']],
    ],
];
