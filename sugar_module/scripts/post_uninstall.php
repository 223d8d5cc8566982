<?php
/**
 * After an uninstall: the key with which this Sugar vouched for its users is forgotten. Whoever installs Riverline again
 * gives it one again; the service's address stays.
 */
BeanFactory::newBean('Administration')->saveSetting('riverline', 'assertion_key', '');
