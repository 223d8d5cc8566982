<?php

/** Records behind a link of another record: list, create, relate, take apart. */

declare(strict_types=1);

namespace Standin\Api;

use Standin\Data\Module;
use Standin\Data\Modules;
use Standin\Records\Listing;
use Standin\Records\Reader;
use Standin\Records\Writer;
use Standin\Rest\ApiError;
use Standin\Rest\Call;

final class LinksApi
{
    public function routes(): array
    {
        return [
            ['GET', '/<module>/:record/link/:link', 'list', []],
            ['GET', '/<module>/:record/link/:link/filter', 'list', []],
            ['GET', '/<module>/:record/link/:link/count', 'count', []],
            ['POST', '/<module>/:record/link/:link', 'create', []],
            ['POST', '/<module>/:record/link/:link/:remote', 'relate', []],
            ['POST', '/<module>/:record/link', 'relateMany', []],
            ['DELETE', '/<module>/:record/link/:link/:remote', 'unrelate', []],
        ];
    }

    public function list(Call $call, array $args): array
    {
        return $this->listing($call, $args)->page($args);
    }

    public function count(Call $call, array $args): array
    {
        return $this->listing($call, $args)->count($args);
    }

    public function create(Call $call, array $args): array
    {
        [$module, $row, $target, $column, $isParent] = $this->resolve($call, $args);
        $values = [$column => $row['id']] + ($isParent ? ['parent_type' => $module->name] : []);
        $id = (new Writer($call))->create($target, $values + array_diff_key($args, ['module' => 1, 'record' => 1, 'link' => 1]));
        return $this->pair($call, $module, $row['id'], $target, $id);
    }

    public function relate(Call $call, array $args): array
    {
        if (in_array($args['remote'], ['filter', 'count'], true)) {
            throw ApiError::unlisted('not_found', 'Behind a link there is no POST filter: this would relate a record.');
        }
        [$module, $row, $target, $column, $isParent] = $this->resolve($call, $args);
        $remote = (new Reader($call))->find($target, $args['remote']);
        $this->set($call, $target, $remote, $column, $row['id'], $isParent ? $module->name : null);
        return $this->pair($call, $module, $row['id'], $target, $remote['id']);
    }

    public function relateMany(Call $call, array $args): array
    {
        if (empty($args['link_name']) || !is_array($args['ids'] ?? null)) {
            throw ApiError::of('missing_parameter');
        }
        $args['link'] = $args['link_name'];
        $related = [];
        foreach ($args['ids'] as $id) {
            $related[] = $this->relate($call, ['remote' => is_array($id) ? $id['id'] : $id] + $args)['related_record'];
        }
        return ['record' => RecordsApi::whole($call, $args['module'], $args['record']), 'related_records' => $related];
    }

    public function unrelate(Call $call, array $args): array
    {
        [$module, $row, $target, $column, $isParent] = $this->resolve($call, $args);
        $remote = (new Reader($call))->find($target, $args['remote']);
        $this->set($call, $target, $remote, $column, '', $isParent ? '' : null);
        return $this->pair($call, $module, $row['id'], $target, $remote['id']);
    }

    private function listing(Call $call, array $args): Listing
    {
        $module = Modules::get($args['module']);
        if (isset($module->one[$args['link']])) {
            [$target, $column] = $module->one[$args['link']];
            $row = (new Reader($call))->find($module, $args['record']);
            return new Listing($call, Modules::get($target), ['t.id = ?', [(string) $row[$column]]]);
        }
        [$module, $row, $target, $column, $isParent] = $this->resolve($call, $args);
        $within = $isParent
            ? ["t.$column = ? AND t.parent_type = ?", [$row['id'], $module->name]]
            : ["t.$column = ?", [$row['id']]];
        return new Listing($call, $target, $within);
    }

    /** @return array{Module, array, Module, string, bool} our module and row, the other module, its column, parent pair? */
    private function resolve(Call $call, array $args): array
    {
        $module = Modules::get($args['module']);
        $link = $module->many[$args['link']] ?? throw ApiError::unlisted('not_found', "There is no link {$args['link']} in {$module->name}.");
        return [$module, (new Reader($call))->find($module, $args['record']), Modules::get($link[0]), $link[1], $link[2]];
    }

    private function set(Call $call, Module $target, array $remote, string $column, string $id, ?string $parentType): void
    {
        (new Writer($call))->update($target, $remote, [$column => $id] + ($parentType === null ? [] : ['parent_type' => $parentType]));
    }

    private function pair(Call $call, Module $module, string $id, Module $target, string $relatedId): array
    {
        return [
            'record' => RecordsApi::whole($call, $module->name, $id),
            'related_record' => RecordsApi::whole($call, $target->name, $relatedId),
        ];
    }
}
