<?php

/** What an endpoint gets: the instance, who calls, and the request. */

declare(strict_types=1);

namespace Standin\Rest;

use Standin\Control\Switches;
use Standin\Data\Acl;
use Standin\Data\Database;
use Standin\Data\User;
use Standin\Instance\Instance;

final class Call
{
    private ?Acl $acl = null;

    public function __construct(
        public readonly Instance $instance,
        public readonly Request $request,
        public readonly Switches $switches,
        public readonly string $version,
        public readonly ?User $user,
        public readonly string $platform,
        public readonly string $accessToken
    ) {
    }

    public function db(): Database
    {
        return $this->instance->db();
    }

    public function me(): User
    {
        return $this->user ?? throw ApiError::of('need_login');
    }

    public function acl(): Acl
    {
        return $this->acl ??= new Acl($this->me(), $this->switches);
    }

    public function requireAccess(string $action, string $module): void
    {
        if (!$this->acl()->allows($action, $module)) {
            throw ApiError::of('not_authorized');
        }
    }

    public function requireAdmin(): void
    {
        if (!$this->me()->isAdmin) {
            throw ApiError::of('not_authorized');
        }
    }
}
