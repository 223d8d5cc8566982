<?php
/** "Live Chat" in the bottom bar of Sugar 7 to 10.1. */
$viewdefs['base']['layout']['footer']['components'][] = ['view' => 'riverline-launcher'];
