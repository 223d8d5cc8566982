<?php

/**
 * Quick Repair and Rebuild, in the parts that can be called one by one. Groupings and the browser's config file are caches:
 * without the matching call of a package they stay as they were, as on a real instance.
 */

declare(strict_types=1);

namespace Standin\Loader;

use Standin\Api\CustomApi;
use Standin\Instance\Instance;
use Standin\Metadata\Builder;
use Standin\Page\BaseConfig;
use Standin\Page\Groupings;

final class Repair
{
    public static function everything(Instance $instance): void
    {
        self::extensions($instance);
        self::groupings($instance);
        self::baseConfig($instance);
    }

    /** Extension files, REST endpoints, metadata: what every install and uninstall rebuilds. */
    public static function extensions(Instance $instance): void
    {
        (new Extensions($instance))->compile();
        (new CustomApi($instance))->register();
        (new Builder($instance))->forget();
    }

    public static function groupings(Instance $instance): void
    {
        (new Groupings($instance))->build();
    }

    public static function baseConfig(Instance $instance): void
    {
        (new BaseConfig($instance))->build();
        (new Builder($instance))->forget();
    }
}
