<?php

/** Stand-in for the metadata cache: refreshing it gives browsers a new hash. */

class MetaDataManager
{
    public static function refreshCache($platforms = [], $allLanguages = false)
    {
        (new Standin\Metadata\Builder(Standin\Instance\Instance::current()))->forget();
    }

    public static function refreshSectionCache($section, $platforms = [], $params = [])
    {
        self::refreshCache();
    }
}
