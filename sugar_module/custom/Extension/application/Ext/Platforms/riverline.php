<?php
/** The platform of the service's own login: sessions of one user on one platform push each other out. */
$platforms[] = 'riverline';
