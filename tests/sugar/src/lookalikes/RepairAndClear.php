<?php

/** Stand-in for Quick Repair and Rebuild as post-install scripts call it. */

use Standin\Instance\Instance;
use Standin\Loader\Repair;

class RepairAndClear
{
    public $module_list = [];
    public $show_output = false;
    public $execute = false;

    public function repairAndClearAll($selected_actions, $modules, $autoexecute = false, $show_output = true, $metadata_sections = false)
    {
        $all = in_array('clearAll', (array) $selected_actions, true);
        foreach (['rebuildExtensions', 'clearAdditionalCaches', 'clearJsFiles', 'repairBaseConfig', 'clearMetadataAPICache'] as $action) {
            if ($all || in_array($action, (array) $selected_actions, true)) {
                $this->$action();
            }
        }
    }

    public function rebuildExtensions($modules = [])
    {
        Repair::extensions(Instance::current());
    }

    /** The built groupings are among these caches. */
    public function clearAdditionalCaches()
    {
        Repair::groupings(Instance::current());
    }

    public function clearJsFiles()
    {
        Repair::groupings(Instance::current());
    }

    public function repairBaseConfig()
    {
        Repair::baseConfig(Instance::current());
    }

    public function clearMetadataAPICache()
    {
        (new Standin\Metadata\Builder(Instance::current()))->forget();
    }
}
