<?php

/** Files in the fields of a record (Notes `filename`, Users `picture`), and the attachments of a Note. */

declare(strict_types=1);

namespace Standin\Api;

use Standin\Data\Ids;
use Standin\Data\Module;
use Standin\Data\Modules;
use Standin\Records\Reader;
use Standin\Records\Writer;
use Standin\Rest\ApiError;
use Standin\Rest\Call;
use Standin\Rest\Response;

final class FilesApi
{
    private const LARGEST = 30 * 1024 * 1024;

    public function routes(): array
    {
        $token = ['allowTokenInQuery' => true];
        return [
            ['GET', '/<module>/:record/file', 'list', []],
            ['GET', '/<module>/:record/file/:field', 'download', $token],
            ['POST', '/<module>/:record/file/:field', 'upload', $token],
            ['PUT', '/<module>/:record/file/:field', 'put', $token],
            ['DELETE', '/<module>/:record/file/:field', 'remove', []],
            ['POST', '/<module>/temp/file/:field', 'uploadTemporary', $token],
        ];
    }

    public function list(Call $call, array $args): array
    {
        [, $row] = $this->record($call, $args);
        $list = [];
        foreach ($call->db()->rows('SELECT * FROM files WHERE record_id = ?', [$row['id']]) as $file) {
            $list[$file['field']] = $this->describe($file, $args['module']);
        }
        return $list;
    }

    public function download(Call $call, array $args): Response
    {
        [, $row] = $this->record($call, $args);
        $file = $call->db()->row('SELECT * FROM files WHERE record_id = ? AND field = ?', [$row['id'], $args['field']]);
        if ($file === null) {
            throw ApiError::of('not_found', 'The file could not be found.');
        }
        return new Response(200, $file['content'], [
            'Content-Type' => $file['mime'],
            'Content-Disposition' => 'attachment; filename="' . rawurlencode($file['name']) . '"',
        ]);
    }

    /** multipart/form-data with a part named like the field. */
    public function upload(Call $call, array $args): array
    {
        [$module, $row] = $this->record($call, $args);
        $part = $this->part($call, $args['field']);
        return $this->store($call, $module, $row, $args['field'], $part['name'], $part['type'], (string) file_get_contents($part['tmp_name']));
    }

    /** The bytes are the body, as they are or in base64. */
    public function put(Call $call, array $args): array
    {
        [$module, $row] = $this->record($call, $args);
        $encoding = $args['content_transfer_encoding'] ?? $call->request->header('X-Content-Transfer-Encoding');
        $content = $encoding === 'base64' ? base64_decode($call->request->body, true) : $call->request->body;
        if ($content === false || $content === '') {
            throw ApiError::of('missing_parameter', 'The file is empty or not base64.');
        }
        $mime = $call->request->header('Content-Type') ?: 'application/octet-stream';
        return $this->store($call, $module, $row, $args['field'], (string) ($args['filename'] ?? $args['field']), $mime, $content);
    }

    public function remove(Call $call, array $args): array
    {
        [$module, $row] = $this->record($call, $args);
        $call->db()->run('DELETE FROM files WHERE record_id = ? AND field = ?', [$row['id'], $args['field']]);
        (new Writer($call))->update($module, $row, [$args['field'] => '']);
        return ['id' => $row['id']];
    }

    /** A file without a record yet: a Note takes it later through its guid. */
    public function uploadTemporary(Call $call, array $args): array
    {
        $call->requireAccess('create', $args['module']);
        $part = $this->part($call, $args['field']);
        $guid = Ids::guid();
        $this->save($call, $guid, $args['field'], $part['name'], $part['type'], (string) file_get_contents($part['tmp_name']));
        return ['record' => ['id' => $guid], $args['field'] => ['guid' => $guid]];
    }

    /** @param list<array> $attachments `attachments.create` of a Note: each becomes a Note row of its own */
    public function attach(Call $call, string $noteId, array $attachments): void
    {
        foreach ($attachments as $attachment) {
            $guid = (string) ($attachment['filename_guid'] ?? '');
            $file = $call->db()->row("SELECT * FROM files WHERE record_id = ? AND field = 'filename'", [$guid]);
            if ($file === null) {
                continue;
            }
            $name = (string) ($attachment['name'] ?? $file['name']);
            $id = (new Writer($call))->create(Modules::get('Notes'), [
                'name' => $name, 'filename' => $name, 'file_mime_type' => $file['mime'], 'attachment_flag' => true, 'note_parent_id' => $noteId,
            ]);
            $call->db()->run('UPDATE files SET record_id = ? WHERE record_id = ?', [$id, $guid]);
        }
    }

    /** @return array{Module, array} */
    private function record(Call $call, array $args): array
    {
        $module = Modules::get($args['module']);
        if (!isset($args['field']) || in_array([$module->name, $args['field']], [['Notes', 'filename'], ['Users', 'picture'], ['Contacts', 'picture']], true)) {
            return [$module, (new Reader($call))->find($module, $args['record'])];
        }
        throw ApiError::of('invalid_parameter', "{$args['field']} is not a file field of {$module->name}.");
    }

    private function part(Call $call, string $field): array
    {
        $part = $call->request->files[$field] ?? throw ApiError::of('missing_parameter', "The part $field is missing.");
        if (($part['error'] ?? 0) !== UPLOAD_ERR_OK) {
            throw ApiError::of('request_too_large');
        }
        return $part;
    }

    private function store(Call $call, Module $module, array $row, string $field, string $name, string $mime, string $content): array
    {
        $this->save($call, $row['id'], $field, $name, $mime, $content);
        (new Writer($call))->update($module, $row, [$field => $name, 'file_mime_type' => $mime]);
        $file = ['record_id' => $row['id'], 'field' => $field, 'name' => $name, 'mime' => $mime, 'content' => $content];
        return [$field => $this->describe($file, $module->name), 'record' => RecordsApi::whole($call, $module->name, $row['id'])];
    }

    private function save(Call $call, string $id, string $field, string $name, string $mime, string $content): void
    {
        if (strlen($content) > self::LARGEST) {
            throw ApiError::of('request_too_large');
        }
        $call->db()->run('DELETE FROM files WHERE record_id = ? AND field = ?', [$id, $field]);
        $call->db()->insert('files', ['record_id' => $id, 'field' => $field, 'name' => $name, 'mime' => $mime, 'content' => $content]);
    }

    private function describe(array $file, string $module): array
    {
        return [
            'content-type' => $file['mime'],
            'content-length' => strlen($file['content']),
            'name' => $file['name'],
            'uri' => "/rest/v11_24/$module/{$file['record_id']}/file/{$file['field']}",
        ];
    }
}
