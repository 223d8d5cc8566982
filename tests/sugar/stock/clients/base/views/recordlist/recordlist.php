<?php

/** Row actions of modules that do not bring their own. */

$viewdefs['base']['view']['recordlist'] = [
    'rowactions' => ['actions' => []],
];
