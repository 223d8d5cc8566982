<?php

/** What packages put below a record. */

$viewdefs['base']['layout']['extra-info'] = ['components' => []];
