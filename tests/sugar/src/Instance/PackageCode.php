<?php

/** Prepares the globals that the PHP of a package expects of Sugar. */

declare(strict_types=1);

namespace Standin\Instance;

use Standin\Data\User;
use Standin\Page\BaseConfig;

final class PackageCode
{
    public static function prepare(Instance $instance, ?User $user): void
    {
        if (!defined('sugarEntry')) {
            define('sugarEntry', true);
            require_once dirname(__DIR__) . '/lookalikes/functions.php';
        }
        // Scripts like to require_once 'modules/.../X.php' of Sugar's classes; ours come from the autoloader, these files are empty.
        set_include_path($instance->path() . PATH_SEPARATOR . dirname(__DIR__) . '/lookalikes/files');
        $GLOBALS['sugar_version'] = $instance->version();
        $GLOBALS['sugar_flavor'] = $instance->flavor();
        $GLOBALS['sugar_config'] = BaseConfig::sugarConfig($instance);
        $GLOBALS['current_language'] = 'en_us';
        $GLOBALS['log'] = new \LoggerManager($instance->dataDir . '/sugarcrm.log');
        $GLOBALS['current_user'] = $user === null ? null : \User::fromRow('Users', $user->row);
    }
}
