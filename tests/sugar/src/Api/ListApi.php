<?php

/** Lists, filters and counts of a module. */

declare(strict_types=1);

namespace Standin\Api;

use Standin\Data\Modules;
use Standin\Records\Listing;
use Standin\Rest\Call;

final class ListApi
{
    public function routes(): array
    {
        return [
            ['GET', '/<module>', 'list', []],
            ['GET', '/<module>/filter', 'list', []],
            ['POST', '/<module>/filter', 'list', []],
            ['GET', '/<module>/count', 'count', []],
            ['GET', '/<module>/filter/count', 'count', []],
            ['POST', '/<module>/filter/count', 'count', []],
        ];
    }

    public function list(Call $call, array $args): array
    {
        return $this->listing($call, $args)->page($args);
    }

    public function count(Call $call, array $args): array
    {
        return $this->listing($call, $args)->count($args);
    }

    private function listing(Call $call, array $args): Listing
    {
        return new Listing($call, Modules::get($args['module']));
    }
}
