<?php

/** Related records below one of Prospects. */

$viewdefs['Prospects']['base']['layout']['subpanels'] = [
    'components' => [
        ['view' => 'notes-panel', 'context' => ['link' => 'notes']],
    ],
];
