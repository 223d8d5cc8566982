<?php

/** The token endpoint: password and refresh grants, sudo, logout. */

declare(strict_types=1);

namespace Standin\OAuth;

use Standin\Control\Counters;
use Standin\Data\Dates;
use Standin\Data\User;
use Standin\Rest\ApiError;
use Standin\Rest\Call;

final class OAuthApi
{
    public function routes(): array
    {
        $open = ['noLoginRequired' => true, 'servesInMaintenance' => true];
        return [
            ['POST', '/oauth2/token', 'token', $open],
            ['POST', '/oauth2/sudo/:user_name', 'sudo', []],
            ['POST', '/oauth2/logout', 'logout', ['ignoreHashes' => true, 'servesInMaintenance' => true]],
        ];
    }

    public function token(Call $call, array $args): array
    {
        $grant = (string) ($args['grant_type'] ?? '');
        if ($grant === '') {
            throw new ApiError('invalid_request', 'Invalid grant_type parameter or parameter missing', 400);
        }
        if (!in_array($grant, ['password', 'refresh_token'], true)) {
            throw new ApiError('unsupported_grant_type', 'Invalid grant_type parameter or parameter missing', 400);
        }
        $platform = (string) ($args['platform'] ?? 'base');
        $this->checkClient($call, $args, $platform);
        // One transaction, so that of two refreshes with the same token exactly one wins.
        return $call->db()->transaction(fn (): array => $grant === 'password'
            ? $this->withPassword($call, $args, $platform)
            : $this->withRefreshToken($call, $args));
    }

    public function sudo(Call $call, array $args): array
    {
        $call->requireAdmin();
        $platform = (string) ($args['platform'] ?? 'base');
        $this->checkPlatform($call, $platform);
        $user = User::byName($call->db(), $args['user_name']);
        if ($user === null) {
            throw ApiError::of('not_found', "Could not find record: {$args['user_name']} in module: Users");
        }
        $token = $this->sessions($call)->start($user, $platform, $call->request);
        return array_intersect_key($token, array_flip(['access_token', 'expires_in', 'token_type', 'scope']));
    }

    public function logout(Call $call, array $args): array
    {
        $this->sessions($call)->end($call->me()->id, $call->platform);
        return ['success' => true];
    }

    private function withPassword(Call $call, array $args, string $platform): array
    {
        $name = (string) ($args['username'] ?? '');
        $password = (string) ($args['password'] ?? '');
        if ($name === '' || $password === '') {
            throw new ApiError('invalid_request', 'Missing parameters. "username" and "password" required', 400);
        }
        $user = User::byName($call->db(), $name);
        $refused = in_array($name, [$call->switches->value('refuse_password'), $call->switches->value('sso_user')], true);
        if ($user === null || $refused || !$user->mayLogIn() || !password_verify($password, (string) $user->row['password'])) {
            throw ApiError::of('need_login', 'You must specify a valid username and password.');
        }
        if ($call->switches->value('maintenance') && !$user->isAdmin) {
            throw ApiError::of('maintenance');
        }
        $call->db()->run('UPDATE users SET last_login = ? WHERE id = ?', [Dates::now(), $user->id]);
        $counters = new Counters($call->db());
        $counters->add("login {$user->userName} $platform");
        if ($this->sessions($call)->isAlive($user->id, $platform)) {
            $counters->add("eviction {$user->userName} $platform");
        }
        return $this->sessions($call)->start($user, $platform, $call->request);
    }

    private function withRefreshToken(Call $call, array $args): array
    {
        $sessions = $this->sessions($call);
        $session = $sessions->byRefreshToken((string) ($args['refresh_token'] ?? ''));
        $user = $session === null ? null : User::byId($call->db(), $session['user_id']);
        $dead = $user === null || !$user->mayLogIn() || $session['refresh_expires'] <= time();
        if ($dead || $call->switches->use('refuse_refresh', '/oauth2/token')) {
            throw $this->deadRefreshToken((string) $call->switches->value('refresh_failure'));
        }
        if ($call->switches->value('maintenance') && !$user->isAdmin) {
            throw ApiError::of('maintenance');
        }
        (new Counters($call->db()))->add("refresh {$user->userName} {$session['platform']}");
        $ends = $session['session_ends'] === null ? null : (int) $session['session_ends'];
        return $sessions->start($user, $session['platform'], $call->request, $ends);
    }

    /** Sources disagree about this answer, so tests run with all of them. */
    private function deadRefreshToken(string $variant): ApiError
    {
        return match ($variant) {
            'B' => new ApiError('invalid_grant', 'Refresh token has expired', 400),
            'C' => new ApiError('need_login', 'You need to be logged in to perform this action.', 401),
            default => new ApiError('invalid_grant', 'Invalid refresh token', 400),
        };
    }

    private function checkClient(Call $call, array $args, string $platform): void
    {
        $id = (string) ($args['client_id'] ?? '');
        $secret = (string) ($args['client_secret'] ?? '');
        // Sugar makes the key "sugar" by itself; it has no secret and the client type "Sugar User".
        $key = $id === 'sugar' ? ['c_secret' => '', 'client_type' => 'user']
            : $call->db()->row('SELECT * FROM oauth_keys WHERE c_key = ? AND deleted = 0', [$id]);
        $wrongType = !(new Platforms($call->instance))->isStock($platform) && ($key['client_type'] ?? '') !== 'user';
        if ($key === null || !hash_equals((string) $key['c_secret'], $secret) || $wrongType) {
            throw new ApiError('invalid_client', 'The client credentials are invalid', 400);
        }
        $this->checkPlatform($call, $platform);
    }

    private function checkPlatform(Call $call, string $platform): void
    {
        $known = (new Platforms($call->instance))->isKnown($platform);
        if (!$known && !$call->switches->value('unknown_platforms_allowed')) {
            throw ApiError::of('invalid_parameter', 'The platform of this request is not registered.');
        }
    }

    private function sessions(Call $call): Sessions
    {
        return new Sessions($call->db(), $call->switches);
    }
}
