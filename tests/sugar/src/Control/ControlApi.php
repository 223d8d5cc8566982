<?php

/** /__standin/...: what tests say to the stand-in itself. Not part of Sugar, and without any login. */

declare(strict_types=1);

namespace Standin\Control;

use Standin\Data\Modules;
use Standin\Data\Seed;
use Standin\Instance\Instance;
use Standin\Instance\Setup;
use Standin\Rest\Request;
use Standin\Rest\Response;

final class ControlApi
{
    public function __construct(private readonly Instance $instance)
    {
    }

    public function handle(Request $request): Response
    {
        $what = substr($request->path, strlen('/__standin/'));
        $data = $request->body === '' ? [] : json_decode($request->body, true);
        try {
            return match ("{$request->method} $what") {
                'POST switch' => $this->switch((array) $data),
                'GET switch' => Response::json((new Switches($this->instance->db()))->all()),
                'GET refused' => Response::json((new Refused($this->instance->db()))->all()),
                'GET counters' => Response::json((object) (new Counters($this->instance->db()))->all()),
                'GET setting' => Response::json(['value' => $this->instance->setting(
                    (string) ($request->query['category'] ?? ''),
                    (string) ($request->query['name'] ?? '')
                )]),
                'GET records' => $this->records((string) ($request->query['module'] ?? '')),
                'POST reset' => $this->reset(),
                'POST contacts' => $this->contacts((int) ($data['count'] ?? 0)),
                'POST cron' => $this->cron((array) $data),
                default => Response::json(['error' => "The stand-in has no \"{$request->method} {$request->path}\"."], 404),
            };
        } catch (\InvalidArgumentException $e) {
            return Response::json(['error' => $e->getMessage()], 400);
        }
    }

    private function switch(array $data): Response
    {
        if (!isset($data['name']) || !array_key_exists('value', $data)) {
            throw new \InvalidArgumentException('A switch needs "name" and "value".');
        }
        $times = isset($data['times']) ? (int) $data['times'] : null;
        $chance = isset($data['chance']) ? (float) $data['chance'] : null;
        $switches = new Switches($this->instance->db());
        $switches->set((string) $data['name'], $data['value'], $times, $data['path'] ?? null, $chance);
        return Response::json(['ok' => true]);
    }

    /** All rows of a module as they are stored, deleted ones too, without regard to teams. */
    private function records(string $name): Response
    {
        $module = Modules::get($name) ?? throw new \InvalidArgumentException("There is no module \"$name\".");
        $rows = $this->instance->db()->rows("SELECT * FROM {$module->table} ORDER BY date_entered, id");
        $hidden = array_flip($module->hiddenColumns);
        return Response::json(array_map(static fn (array $row): array => array_diff_key($row, $hidden), $rows));
    }

    private function reset(): Response
    {
        (new Setup($this->instance))->reset();
        return Response::json(['ok' => true]);
    }

    private function contacts(int $count): Response
    {
        (new Seed($this->instance->db()))->bulkContacts($count);
        return Response::json(['ok' => true]);
    }

    private function cron(array $data): Response
    {
        (new LateWrites($this->instance))->runDue();
        $answers = (new HookQueue($this->instance->db()))->deliver(!empty($data['twice']), !empty($data['reversed']));
        return Response::json(['sent' => count($answers), 'answers' => $answers]);
    }
}
