<?php

/** /metadata, its public part, its hash, and /help. */

declare(strict_types=1);

namespace Standin\Api;

use Standin\Metadata\Builder;
use Standin\Rest\Call;
use Standin\Rest\Response;
use Standin\Rest\Routes;

final class MetadataApi
{
    public function routes(): array
    {
        $quiet = ['ignoreHashes' => true];
        $open = ['noLoginRequired' => true, 'servesInMaintenance' => true];
        return [
            ['GET', '/metadata', 'metadata', $quiet],
            ['GET', '/metadata/public', 'publicMetadata', $open],
            ['GET', '/metadata/_hash', 'hash', $quiet],
            ['GET', '/help', 'help', $open],
        ];
    }

    public function metadata(Call $call, array $args): array
    {
        $builder = new Builder($call->instance);
        if (in_array($args['only_hash'] ?? '', ['true', '1'], true)) {
            return ['_hash' => $builder->hash()];
        }
        $metadata = $builder->all();
        if (isset($args['type_filter'])) {
            $wanted = explode(',', (string) $args['type_filter']) + [-1 => '_hash'];
            $metadata = array_intersect_key($metadata, array_flip($wanted));
        }
        return $metadata;
    }

    public function publicMetadata(Call $call, array $args): array
    {
        return (new Builder($call->instance))->public();
    }

    public function hash(Call $call, array $args): string
    {
        return (new Builder($call->instance))->hash();
    }

    /** Routes without a short help text stay hidden, so of ours only those of packages need one. */
    public function help(Call $call, array $args): Response
    {
        $rows = '';
        foreach ((new Routes($call->instance))->all() as $route) {
            $rows .= '<tr><td>' . htmlspecialchars(implode(', ', (array) $route['reqType'])) . '</td><td>/'
                . htmlspecialchars(implode('/', $route['path'])) . '</td><td>' . htmlspecialchars($route['shortHelp'] ?? '') . "</td></tr>\n";
        }
        return Response::html("<!doctype html><title>REST help</title><table>\n$rows</table>\n");
    }
}
