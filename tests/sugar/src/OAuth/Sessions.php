<?php

/**
 * API sessions: one slot per user and platform. A login or a refresh overwrites the slot, and with it every token that was
 * given out for it before.
 */

declare(strict_types=1);

namespace Standin\OAuth;

use Standin\Control\Switches;
use Standin\Data\Database;
use Standin\Data\Ids;
use Standin\Data\User;
use Standin\Rest\ApiError;
use Standin\Rest\Request;

final class Sessions
{
    public function __construct(private readonly Database $db, private readonly Switches $switches)
    {
    }

    /** Fills the slot of this user and platform, and returns the answer of the token endpoint. */
    public function start(User $user, string $platform, Request $request, ?int $sessionEnds = null): array
    {
        $now = time();
        $limit = $this->switches->value('max_session_lifetime');
        $sessionEnds ??= $limit === null ? null : $now + (int) $limit;
        $expires = static fn (int $at): int => $sessionEnds === null ? $at : min($at, $sessionEnds);
        $session = [
            'user_id' => $user->id,
            'platform' => $platform,
            'access_token' => $this->token(),
            'access_expires' => $expires($now + (int) $this->switches->value('access_token_lifetime')),
            'refresh_token' => $this->token(),
            'refresh_expires' => $expires($now + (int) $this->switches->value('refresh_token_lifetime')),
            'download_token' => Ids::guid(),
            'session_ends' => $sessionEnds,
            'client_ip' => $request->clientIp,
            'user_agent' => $request->header('User-Agent'),
        ];
        $this->end($user->id, $platform);
        $this->db->insert('sessions', $session);
        return [
            'access_token' => $session['access_token'],
            'expires_in' => $session['access_expires'] - $now,
            'token_type' => 'bearer',
            'scope' => null,
            'refresh_token' => $session['refresh_token'],
            'refresh_expires_in' => $session['refresh_expires'] - $now,
            'download_token' => $session['download_token'],
        ];
    }

    public function end(string $userId, string $platform): void
    {
        $this->db->run('DELETE FROM sessions WHERE user_id = ? AND platform = ?', [$userId, $platform]);
    }

    /** Somebody may still be using it: its access token or its refresh token has not expired. */
    public function isAlive(string $userId, string $platform): bool
    {
        return $this->db->value(
            'SELECT 1 FROM sessions WHERE user_id = ? AND platform = ? AND refresh_expires > ?',
            [$userId, $platform, time()]
        ) !== null;
    }

    public function byRefreshToken(string $token): ?array
    {
        return $this->db->row('SELECT * FROM sessions WHERE refresh_token = ?', [$token]);
    }

    /** The token of a request: OAuth-Token, then Bearer; in the query only where files are up- or downloaded. */
    public function tokenOf(Request $request, bool $allowQuery): string
    {
        $token = $request->header('OAuth-Token');
        if ($token === '' && preg_match('/^Bearer\s+(\S+)$/i', $request->header('Authorization'), $found)) {
            $token = $found[1];
        }
        if ($token === '' && $allowQuery) {
            $token = (string) ($request->query['oauth_token'] ?? $request->query['download_token'] ?? '');
        }
        return $token;
    }

    /** @return array{User, string} the user and the platform of a living access token */
    public function authenticate(string $token, Request $request): array
    {
        if ($token === '') {
            throw ApiError::of('need_login');
        }
        $session = $this->db->row('SELECT * FROM sessions WHERE access_token = ? OR download_token = ?', [$token, $token]);
        if ($session === null) {
            throw ApiError::of('invalid_grant', 'The access token provided is invalid.');
        }
        if ($session['access_expires'] <= time()) {
            throw ApiError::of('invalid_grant', 'The access token provided has expired.');
        }
        if ($this->comesFromElsewhere($session, $request)) {
            throw ApiError::of('invalid_grant', 'Your session has been terminated because of a change of your IP address.');
        }
        $user = User::byId($this->db, $session['user_id']);
        if ($user === null || !$user->mayLogIn()) {
            throw ApiError::of('need_login');
        }
        return [$user, $session['platform']];
    }

    /**
     * "Validate user IP address". On one machine everybody may have the same address, so the value "agent" tells clients
     * apart by their User-Agent instead.
     */
    private function comesFromElsewhere(array $session, Request $request): bool
    {
        return match ($this->switches->value('ip_check')) {
            false => false,
            'agent' => $session['user_agent'] !== $request->header('User-Agent'),
            default => $session['client_ip'] !== $request->clientIp,
        };
    }

    /** Under SugarIdentity tokens are longer than a GUID. */
    private function token(): string
    {
        return $this->switches->value('long_tokens') ? rtrim(strtr(base64_encode(random_bytes(700)), '+/', '-_'), '=') : Ids::guid();
    }
}
