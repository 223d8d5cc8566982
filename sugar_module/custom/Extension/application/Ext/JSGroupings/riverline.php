<?php
/** The headless part of the panels, in the order in which it is read, and last the script that starts it. */
foreach ($js_groupings as $riverlineKey => $riverlineGrouping) {
    if (!in_array('include/javascript/sugar_grp7.min.js', $riverlineGrouping, true)) {
        continue;
    }
    foreach ([
        'uuid', 'texts', 'segments', 'keep', 'api', 'sign-in', 'socket', 'messages', 'store', 'outgoing', 'windows', 'records',
        'linking', 'opt-out', 'consent', 'pictures', 'activity', 'contents', 'closing', 'arrivals', 'drafts', 'reading',
        'text-actions', 'desk', 'face', 'cost', 'lines', 'people',
        'drawing', 'whose-strip', 'consent-strip', 'sugar', 'launchers', 'phone-fields', 'start',
    ] as $riverlineScript) {
        $riverlineFile = 'custom/include/riverline/' . $riverlineScript . '.js';
        $js_groupings[$riverlineKey][$riverlineFile] = 'include/javascript/sugar_grp7.min.js';
    }
    break;
}
unset($riverlineKey, $riverlineGrouping, $riverlineScript, $riverlineFile);
