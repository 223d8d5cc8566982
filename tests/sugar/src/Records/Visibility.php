<?php

/** Team security: which rows of a module a user can see at all. Admins see everything. */

declare(strict_types=1);

namespace Standin\Records;

use Standin\Data\Module;
use Standin\Data\User;

final class Visibility
{
    /** @return array{string, array} a condition on the alias "t" and its parameters */
    public static function sql(Module $module, User $user): array
    {
        if ($user->isAdmin || !$module->hasTeams()) {
            return ['1', []];
        }
        return [
            't.team_set_id IN (SELECT s.team_set_id FROM team_sets_teams s
                JOIN team_members m ON m.team_id = s.team_id WHERE m.user_id = ?)',
            [$user->id],
        ];
    }
}
