<?php

/** The optional hashes of the browser: when one is sent and is not ours any more, the answer is 412. */

declare(strict_types=1);

namespace Standin\Rest;

use Standin\Api\MeApi;
use Standin\Metadata\Builder;

final class Hashes
{
    public function __construct(private readonly Call $call)
    {
    }

    public function check(array $route): void
    {
        if (!empty($route['ignoreHashes']) || $this->call->user === null) {
            return;
        }
        $metadata = $this->call->request->header('X-Metadata-Hash');
        $preferences = $this->call->request->header('X-Userpref-Hash');
        if ($metadata !== '' && $metadata !== (new Builder($this->call->instance))->hash()) {
            throw ApiError::of('metadata_out_of_date');
        }
        if ($preferences !== '' && $preferences !== (new MeApi())->describe($this->call)['_hash']) {
            throw ApiError::of('metadata_out_of_date');
        }
    }
}
