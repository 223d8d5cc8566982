<?php

/** The related records below a record; modules bring their own. */

$viewdefs['base']['layout']['subpanels'] = ['components' => []];
