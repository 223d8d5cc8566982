<?php

/** Notes and writing in general: reference sections 2.4, 2.5, 2.7 and 2.8. */

declare(strict_types=1);

namespace Standin\Checks;

const NOTE = [
    'name' => 'SMS with Gus', 'description' => 'hello', 'parent_type' => 'Contacts', 'parent_id' => 'seed_gus_dales_id',
    'contact_id' => 'seed_gus_dales_id', 'assigned_user_id' => 'seed_sally_id',
];

return [
    'a create answers 200 with the whole record, and both relations hold' => static function (Sugar $sugar): void {
        $answer = $sugar->rest('POST', '/Notes', NOTE + ['team_name' => [['id' => 'West', 'primary' => true]]], 'riverline');
        $note = $answer->json;
        Check::same(200, $answer->status);
        Check::same(['Gus Dales', 'Gus Dales', 'Sally Bronsen', 'Riverline Service'],
            [$note['contact_name'], $note['parent_name'], $note['assigned_user_name'], $note['created_by_name']]);
        Check::same([['id' => 'West', 'name' => 'West', 'name_2' => '', 'primary' => true]], $note['team_name']);
        foreach (['notes', 'notes_parent'] as $link) {
            $linked = $sugar->rest('GET', "/Contacts/seed_gus_dales_id/link/$link?fields=name")->json['records'];
            Check::same(['SMS with Gus', 'First call'], array_column($linked, 'name'), $link);
        }
        Check::same('404 not_found', $sugar->rest('GET', "/Notes/{$note['id']}", null, 'will')->error(), 'will is not in West');
    },
    'without team_name the default team of the writer applies' => static function (Sugar $sugar): void {
        Check::same('Global', $sugar->rest('POST', '/Notes', NOTE, 'riverline')->json['team_name'][0]['name']);
    },
    'too long is cut, unknown is dropped, read-only is ignored, wrong types are coerced' => static function (Sugar $sugar): void {
        $note = $sugar->rest('POST', '/Notes', [
            'name' => str_repeat('ä', 300), 'description' => str_repeat('é', 40000), 'nonsense' => 1, 'created_by' => 'x', 'portal_flag' => '1',
        ])->json;
        Check::same([255, 65534], [mb_strlen($note['name']), strlen($note['description'])]);
        Check::same([false, 'seed_sally_id', true], [isset($note['nonsense']), $note['created_by'], $note['portal_flag']]);
    },
    'the id of the client is honoured, a second time refused, and ignored by switch' => static function (Sugar $sugar): void {
        $id = '018f2b5e-1111-7abc-8def-0123456789ab';
        Check::same($id, $sugar->rest('POST', '/Notes', NOTE + ['id' => $id])->json['id']);
        Check::same('422 invalid_parameter', $sugar->rest('POST', '/Notes', NOTE + ['id' => $id])->error());
        $sugar->rest('DELETE', "/Notes/$id");
        Check::same('422 invalid_parameter', $sugar->rest('POST', '/Notes', NOTE + ['id' => $id])->error(), 'a deleted one keeps its id');
        $sugar->switch('ignore_client_id', true);
        Check::same(false, $sugar->rest('POST', '/Notes', NOTE + ['id' => $id])->json['id'] === $id);
    },
    'update, delete, and the deleted flag of lists' => static function (Sugar $sugar): void {
        $id = $sugar->rest('POST', '/Notes', NOTE)->json['id'];
        Check::same('changed', $sugar->rest('PUT', "/Notes/$id", ['name' => 'changed'])->json['name']);
        Check::same('403 not_authorized', $sugar->rest('DELETE', "/Notes/$id", null, 'jim')->error(), "jim's role");
        Check::same(['id' => $id], $sugar->rest('DELETE', "/Notes/$id")->json);
        Check::same('404 not_found', $sugar->rest('GET', "/Notes/$id")->error());
        $find = ['filter' => [['id' => $id]], 'fields' => 'deleted'];
        Check::same([], $sugar->rest('POST', '/Notes/filter', $find)->json['records']);
        Check::same([true], array_column($sugar->rest('POST', '/Notes/filter', $find + ['deleted' => true])->json['records'], 'deleted'));
        Check::same('409 edit_conflict', $sugar->rest('PUT', '/Notes/seed_note_welcome', ['name' => 'x'], 'sally', ['X-TIMESTAMP' => '2020-01-01T00:00:00Z'])->error());
    },
    'links: create, relate, take apart' => static function (Sugar $sugar): void {
        $made = $sugar->rest('POST', '/Contacts/seed_gus_dales_id/link/notes', ['name' => 'linked'])->json;
        Check::same(['Gus Dales', 'linked', null], [$made['record']['name'], $made['related_record']['name'], $made['related_record']['parent_id']]);
        $id = $made['related_record']['id'];
        $moved = $sugar->rest('POST', "/Contacts/seed_ann_twin_id/link/notes/$id")->json;
        Check::same('Ann Twin', $moved['related_record']['contact_name']);
        Check::same('', $sugar->rest('DELETE', "/Contacts/seed_ann_twin_id/link/notes/$id")->json['related_record']['contact_name']);
        $many = $sugar->rest('POST', '/Contacts/seed_ann_twin_id/link', ['link_name' => 'notes', 'ids' => [$id]])->json;
        Check::same('Ann Twin', $many['related_records'][0]['contact_name']);
    },
    'files: raw, base64, multipart, and back' => static function (Sugar $sugar): void {
        $id = $sugar->rest('POST', '/Notes', NOTE)->json['id'];
        $put = $sugar->rest('PUT', "/Notes/$id/file/filename?filename=sms.txt", "a\nb\0c", 'sally', ['Content-Type' => 'text/plain'])->json;
        Check::same(['text/plain', 5, 'sms.txt'], array_values(array_slice($put['filename'], 0, 3)));
        Check::same('sms.txt', $put['record']['filename']);
        Check::same("a\nb\0c", $sugar->rest('GET', "/Notes/$id/file/filename")->text);
        $sugar->rest('PUT', "/Notes/$id/file/filename?filename=b.txt&content_transfer_encoding=base64", base64_encode('xyz'), 'sally', ['Content-Type' => 'text/plain']);
        Check::same('xyz', $sugar->rest('GET', "/Notes/$id/file/filename")->text);
        $part = "--B\r\nContent-Disposition: form-data; name=\"filename\"; filename=\"c.txt\"\r\nContent-Type: text/plain\r\n\r\nmulti\r\n--B--\r\n";
        $multipart = ['Content-Type' => 'multipart/form-data; boundary=B'];
        Check::same('c.txt', $sugar->rest('POST', "/Notes/$id/file/filename", $part, 'sally', $multipart)->json['record']['filename']);
        $guid = $sugar->rest('POST', '/Notes/temp/file/filename', $part, 'sally', $multipart)->json['filename']['guid'];
        $with = $sugar->rest('POST', '/Notes', NOTE + ['attachments' => ['create' => [['name' => 'd.txt', 'filename_guid' => $guid]]]])->json;
        Check::same(['d.txt'], array_column($with['attachment_list'], 'name'));
    },
    'web logic hooks wait for cron and may come twice' => static function (Sugar $sugar): void {
        $hook = ['name' => 'h', 'webhook_target_module' => 'Contacts', 'request_method' => 'POST', 'trigger_event' => 'after_save', 'url' => $sugar->url . '/nowhere'];
        Check::same('403 not_authorized', $sugar->rest('POST', '/WebLogicHooks', $hook)->error());
        $sugar->rest('POST', '/WebLogicHooks', $hook, 'admin');
        $sugar->rest('PUT', '/Contacts/seed_gus_dales_id', ['phone_mobile' => '1']);
        Check::same([404, 404], $sugar->http('POST', '/__standin/cron', '{"twice":true}')->json['answers']);
    },
];
