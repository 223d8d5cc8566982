<?php

/** Stand-in for the part of Sugar's installer that packages call: writing the browser's config file anew. */

use Standin\Instance\Instance;
use Standin\Loader\Repair;

class ModuleInstaller
{
    public static function handleBaseConfig()
    {
        Repair::baseConfig(Instance::current());
    }

    public function rebuild_all($silent = false)
    {
        Repair::everything(Instance::current());
    }
}
