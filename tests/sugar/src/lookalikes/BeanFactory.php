<?php

/** Stand-in for Sugar's way to records in PHP: as the current user, so hidden records are not found. */

use Standin\Data\Modules;
use Standin\Data\User as DataUser;
use Standin\Instance\Instance;
use Standin\Records\Visibility;

class BeanFactory
{
    public static function newBean($module)
    {
        return $module === 'Administration' ? new Administration() : self::empty((string) $module);
    }

    /** A bean; empty when there is no such record for this user. */
    public static function getBean($module, $id = null, $params = [], $deleted = true)
    {
        return $id === null ? self::newBean($module) : (self::retrieveBean($module, $id) ?? self::empty((string) $module));
    }

    /** A bean, or null when there is no such record for this user. */
    public static function retrieveBean($module, $id = null, $params = [], $deleted = true)
    {
        $definition = Modules::get((string) $module);
        if ($definition === null || $id === null || $id === '') {
            return null;
        }
        $db = Instance::current()->db();
        [$visible, $values] = ['1', []];
        if (isset($GLOBALS['current_user'])) {
            [$visible, $values] = Visibility::sql($definition, DataUser::byId($db, (string) $GLOBALS['current_user']->id));
        }
        $row = $db->row("SELECT t.* FROM {$definition->table} t WHERE t.id = ? AND t.deleted = 0 AND $visible", [(string) $id, ...$values]);
        return $row === null ? null : self::fill((string) $module, $row);
    }

    private static function empty(string $module)
    {
        return self::fill($module, ['preferences' => '{}']);
    }

    private static function fill(string $module, array $row)
    {
        return $module === 'Users' ? User::fromRow($module, $row) : SugarBean::fromRow($module, $row);
    }
}
