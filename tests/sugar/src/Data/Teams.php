<?php

/** Teams and team sets: a record points at a set of teams, and who is in one of them sees the record. */

declare(strict_types=1);

namespace Standin\Data;

final class Teams
{
    public function __construct(private readonly Database $db)
    {
    }

    /** The id of the set with exactly these teams, made when it is new. */
    public function setOf(array $teamIds): string
    {
        $teamIds = array_values(array_unique(array_map('strval', $teamIds)));
        sort($teamIds);
        $key = implode(',', $teamIds);
        $id = $this->db->value('SELECT id FROM team_sets WHERE team_ids = ?', [$key]);
        if ($id === null) {
            // A team of its own is the set's name, as in Sugar's demo data.
            $id = count($teamIds) === 1 ? $teamIds[0] : Ids::guid();
            $this->db->insert('team_sets', ['id' => $id, 'team_ids' => $key]);
            foreach ($teamIds as $teamId) {
                $this->db->insert('team_sets_teams', ['team_set_id' => $id, 'team_id' => $teamId]);
            }
        }
        return (string) $id;
    }

    public function exists(string $teamId): bool
    {
        return $this->db->value('SELECT 1 FROM teams WHERE id = ?', [$teamId]) !== null;
    }

    /** @return list<array{id: string, name: string}> */
    public function ofUser(string $userId): array
    {
        return $this->db->rows(
            'SELECT t.id, t.name FROM teams t JOIN team_members m ON m.team_id = t.id WHERE m.user_id = ? ORDER BY t.private, t.name',
            [$userId]
        );
    }

    /** The `team_name` value of a record. */
    public function describe(?string $setId, ?string $primary): array
    {
        $teams = $this->db->rows(
            'SELECT t.id, t.name, t.name_2 FROM team_sets_teams s JOIN teams t ON t.id = s.team_id WHERE s.team_set_id = ? ORDER BY t.id',
            [$setId]
        );
        foreach ($teams as &$team) {
            $team['primary'] = $team['id'] === $primary;
        }
        return $teams;
    }
}
