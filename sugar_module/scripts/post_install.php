<?php
/**
 * After an install or an uninstall: Sugar collects the extensions anew and throws away the scripts that it had put
 * together, so that users get ours (or get rid of them) with their next page.
 */
require_once 'modules/Administration/QuickRepairAndRebuild.php';

$riverlineRepair = new RepairAndClear();
$riverlineRepair->repairAndClearAll(
    ['rebuildExtensions', 'clearAdditionalCaches'],
    [translate('LBL_ALL_MODULES')],
    false,
    true
);
