<?php
/** Words of Riverline's admin page and of its entry on the Administration page. */
$mod_strings['LBL_RL_ADMIN_SECTION'] = 'Riverline';
$mod_strings['LBL_RL_ADMIN_SECTION_DESC'] = 'Live chat and text messages';
$mod_strings['LBL_RL_ADMIN_LINK'] = 'Riverline';
$mod_strings['LBL_RL_ADMIN_LINK_DESC'] = 'Where the Riverline service is';
