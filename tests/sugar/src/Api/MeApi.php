<?php

/** /me: who the caller is, the roles' denials, preferences; and /ping. */

declare(strict_types=1);

namespace Standin\Api;

use Standin\Data\Modules;
use Standin\Data\Teams;
use Standin\Rest\Call;

final class MeApi
{
    public function routes(): array
    {
        $quiet = ['ignoreHashes' => true];
        return [
            ['GET', '/me', 'me', $quiet],
            ['GET', '/me/preferences', 'preferences', []],
            ['GET', '/me/preference/:name', 'preference', []],
            ['GET', '/ping', 'ping', $quiet],
            ['GET', '/ping/whattimeisit', 'time', $quiet],
        ];
    }

    public function me(Call $call, array $args): array
    {
        return ['current_user' => $this->describe($call)];
    }

    public function describe(Call $call): array
    {
        $user = $call->me();
        $me = [
            'id' => $user->id,
            'full_name' => $user->fullName(),
            'user_name' => $user->userName,
            // There is no is_admin here: admins are told by their type.
            'type' => $user->isAdmin ? 'admin' : 'user',
            'email' => json_decode((string) $user->row['email'], true),
            'picture' => (string) $user->row['picture'],
            'module_list' => ['Home', ...array_values(array_diff(Modules::names(), ['Users', 'WebLogicHooks', 'OAuthKeys']))],
            'my_teams' => (new Teams($call->db()))->ofUser($user->id),
            'preferences' => $user->preferences,
            'licenses' => ['SUGAR_SELL'],
            'acl' => $call->acl()->describe(),
        ];
        $me['_hash'] = md5((string) json_encode($me));
        return $me;
    }

    public function preferences(Call $call, array $args): array
    {
        return $call->me()->preferences;
    }

    public function preference(Call $call, array $args): mixed
    {
        return $call->me()->preferences[$args['name']] ?? '';
    }

    public function ping(Call $call, array $args): string
    {
        return 'pong';
    }

    public function time(Call $call, array $args): string
    {
        return gmdate('Y-m-d\TH:i:sP');
    }
}
