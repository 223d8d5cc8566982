<?php

/** One record: read, create, change, delete. */

declare(strict_types=1);

namespace Standin\Api;

use Standin\Data\Modules;
use Standin\Records\Listing;
use Standin\Records\Reader;
use Standin\Records\Writer;
use Standin\Rest\Call;

final class RecordsApi
{
    public function routes(): array
    {
        return [
            ['GET', '/<module>/:record', 'read', []],
            ['POST', '/<module>', 'create', []],
            ['PUT', '/<module>/:record', 'update', []],
            ['DELETE', '/<module>/:record', 'delete', []],
        ];
    }

    public function read(Call $call, array $args): array
    {
        $module = Modules::get($args['module']);
        $reader = new Reader($call);
        return $reader->record($module, $reader->find($module, $args['record']), Listing::fields($args));
    }

    public function create(Call $call, array $args): array
    {
        $module = Modules::get($args['module']);
        $id = (new Writer($call))->create($module, $args);
        if ($module->name === 'Notes') {
            (new FilesApi())->attach($call, $id, (array) ($args['attachments']['create'] ?? []));
        }
        return self::whole($call, $args['module'], $id);
    }

    public function update(Call $call, array $args): array
    {
        $module = Modules::get($args['module']);
        $row = (new Reader($call))->find($module, $args['record']);
        (new Writer($call))->update($module, $row, $args);
        return self::whole($call, $args['module'], $row['id']);
    }

    public function delete(Call $call, array $args): array
    {
        $module = Modules::get($args['module']);
        $row = (new Reader($call))->find($module, $args['record']);
        (new Writer($call))->delete($module, $row);
        return ['id' => $row['id']];
    }

    /** The answer to a write; its author sees it even when the team he gave it to is not his. */
    public static function whole(Call $call, string $module, string $id): array
    {
        $definition = Modules::get($module);
        $row = $call->db()->row("SELECT * FROM {$definition->table} WHERE id = ?", [$id]);
        return (new Reader($call))->record($definition, $row);
    }
}
