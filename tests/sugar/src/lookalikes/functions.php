<?php

/** Stand-ins for the global functions that the PHP of packages uses. */

use Standin\Data\Ids;
use Standin\Instance\Instance;
use Standin\Metadata\Languages;

function translate($label, $module = '', $selectedValue = '')
{
    $languages = new Languages(Instance::current());
    $strings = ($module === '' ? [] : $languages->ofModule((string) $module)) + $languages->appStrings();
    return $strings[$label] ?? $label;
}

function create_guid()
{
    return Ids::guid();
}
