<?php

/** Writes whose caller gave up: they are stored once their time has come, before anything else is looked at. */

declare(strict_types=1);

namespace Standin\Control;

use Standin\Data\User;
use Standin\Instance\Instance;
use Standin\Rest\Request;
use Standin\Rest\Rest;

final class LateWrites
{
    public function __construct(private readonly Instance $instance)
    {
    }

    public function add(User $user, Request $request, int $seconds): void
    {
        $this->instance->db()->insert('late_writes', [
            'due' => time() + $seconds,
            'user_id' => $user->id,
            'request' => json_encode([$request->method, $request->path, $request->body]),
        ]);
    }

    public function runDue(): void
    {
        $db = $this->instance->db();
        foreach ($db->rows('SELECT * FROM late_writes WHERE due <= ? ORDER BY id', [time()]) as $late) {
            // Whoever deletes the row runs it: several processes look at the same time.
            if ($db->run('DELETE FROM late_writes WHERE id = ?', [$late['id']])->rowCount() === 0) {
                continue;
            }
            $user = User::byId($db, $late['user_id']);
            if ($user !== null) {
                [$method, $path, $body] = json_decode($late['request'], true);
                (new Rest($this->instance))->handleAs($user, Request::internal($method, $path, $body));
            }
        }
    }
}
