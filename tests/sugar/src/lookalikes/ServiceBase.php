<?php

/** Stand-in for the service object that endpoints get: above all, who calls. */

abstract class ServiceBase
{
    /** @var User|null */
    public $user;
    public $platform = 'base';
}
