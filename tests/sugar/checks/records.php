<?php

/** Records: reference sections 2.3 to 2.6, 2.10 and 2.14. */

declare(strict_types=1);

namespace Standin\Checks;

$filter = static fn (Sugar $sugar, array $filter, string $as = 'sally'): array => array_column(
    $sugar->rest('POST', '/Contacts/filter', ['filter' => $filter, 'fields' => 'name', 'max_num' => 100], $as)->json['records'] ?? [],
    'name'
);

return [
    'a filter compares text as it is stored' => static function (Sugar $sugar) use ($filter): void {
        Check::same(['Gus Dales'], $filter($sugar, [['phone_mobile' => '+1 415 555 2671']]));
        Check::same([], $filter($sugar, [['phone_mobile' => ['$equals' => '+14155552671']]]));
        Check::same(['Gus Dales'], $filter($sugar, [['phone_mobile' => ['$ends' => '2671']]]));
        Check::same(['Ann Twin', 'Bob Twin'], $filter($sugar, [['phone_mobile' => ['$contains' => '0142']]]));
        Check::same(['Gus Dales', 'Nora Nomobile'], $filter($sugar, [['$or' => [
            ['phone_mobile' => ['$ends' => '2671']], ['phone_work' => ['$starts' => '415-555']],
        ]]]));
        Check::same(['Nora Nomobile'], $filter($sugar, [['phone_mobile' => ['$empty' => '']]]));
        Check::same(['Gus Dales'], $filter($sugar, [['last_name' => ['$in' => ['dales', 'x']]], ['account_name' => ['$starts' => 'Arts']]]));
        Check::same([], $filter($sugar, [['last_name' => ['$contains' => '%']]]), 'the wildcard of SQL is a plain character');
    },
    'an unknown field or operator is 422, a computed one is dropped' => static function (Sugar $sugar) use ($filter): void {
        Check::same('422 invalid_parameter', $sugar->rest('POST', '/Contacts/filter', ['filter' => [['foo' => 1]]])->error());
        Check::same('422 invalid_parameter', $sugar->rest('POST', '/Contacts/filter', ['filter' => [['title' => ['$like' => 1]]]])->error());
        Check::same(21, count($filter($sugar, [['name' => 'Gus Dales']])), 'returns everything');
    },
    'GET takes the filter in brackets and as JSON' => static function (Sugar $sugar): void {
        foreach (['filter[0][last_name][$starts]=Dal', 'filter=' . urlencode('[{"last_name":{"$starts":"Dal"}}]')] as $query) {
            Check::same('seed_gus_dales_id', $sugar->rest('GET', "/Contacts?$query")->json['records'][0]['id'], $query);
        }
        Check::same(1, $sugar->rest('GET', '/Contacts/filter/count?filter[0][last_name]=Dales')->json['record_count']);
    },
    'pages end with -1; id and date_modified always come' => static function (Sugar $sugar): void {
        $seen = [];
        for ($offset = 0, $pages = 0; $offset !== -1; $pages++) {
            $page = $sugar->rest('GET', "/Contacts?max_num=8&offset=$offset&fields=first_name&order_by=last_name:ASC,id:DESC")->json;
            array_push($seen, ...array_column($page['records'], 'id'));
            $offset = $page['next_offset'];
        }
        Check::same([3, 21, 21], [$pages, count($seen), count(array_unique($seen))]);
        Check::same(['id', 'date_modified', 'first_name', '_acl', '_module'], array_keys($page['records'][0]));
    },
    'what a team hides is absent in lists and 404 by id, or 403' => static function (Sugar $sugar) use ($filter): void {
        Check::same([], $filter($sugar, [['last_name' => 'Vault']], 'jim'));
        Check::same(['Vera Vault'], $filter($sugar, [['last_name' => 'Vault']], 'sally'));
        Check::same('404 not_found', $sugar->rest('GET', '/Contacts/seed_vera_vault_id', null, 'jim')->error());
        $sugar->switch('hidden_is_403', true);
        Check::same('403 not_authorized', $sugar->rest('GET', '/Contacts/seed_vera_vault_id', null, 'jim')->error());
        Check::same(200, $sugar->rest('GET', '/Contacts/seed_vera_vault_id', null, 'riverline')->status);
    },
    'a missing record has the documented words and is nothing unheard-of' => static function (Sugar $sugar): void {
        $answer = $sugar->rest('GET', '/Contacts/nobody');
        Check::same(['error' => 'not_found', 'error_message' => 'Could not find record: nobody in module: Contacts'], $answer->json);
        Check::same([], $sugar->http('GET', '/__standin/refused')->json);
    },
    'unknown paths and methods are 404 and noted' => static function (Sugar $sugar): void {
        Check::same('404 not_found', $sugar->rest('GET', '/Opportunities')->error());
        Check::same('404 no_method', $sugar->rest('DELETE', '/me')->error());
        Check::same('404 not_found', $sugar->rest('POST', '/Contacts/seed_gus_dales_id/link/notes/filter', [])->error());
        Check::same(3, count($sugar->http('GET', '/__standin/refused')->json));
    },
    'dates come with the offset of the user' => static function (Sugar $sugar): void {
        $date = static fn (string $as): string => $sugar->rest('GET', '/Contacts/seed_gus_dales_id?fields=id', null, $as)->json['date_modified'];
        Check::same('2026-01-12T08:20:00-08:00', $date('sally'));
        Check::same('2026-01-12T21:50:00+05:30', $date('will'));
    },
    'any version is accepted; a body that is not JSON is not' => static function (Sugar $sugar): void {
        $auth = ['OAuth-Token' => $sugar->login('sally')->json['access_token'], 'Content-Type' => 'application/json'];
        foreach (['v10', 'v11', ...array_map(static fn (int $minor): string => "v11_$minor", range(0, 30))] as $version) {
            Check::same(200, $sugar->http('GET', "/rest/$version/ping", null, $auth)->status, $version);
        }
        Check::same('422 invalid_parameter', $sugar->http('POST', '/rest/v11/Notes', '{broken', $auth)->error());
    },
    'users: flags, and nobody but admins may write' => static function (Sugar $sugar): void {
        $users = $sugar->rest('POST', '/Users/filter', ['filter' => [['status' => 'Active']], 'max_num' => 50])->json['records'];
        $byName = array_column($users, null, 'user_name');
        Check::same([true, true, false], [$byName['queue']['is_group'], $byName['portal']['portal_only'], isset($byName['retired'])]);
        Check::same(false, str_contains(json_encode($users), 'password'));
        Check::same('403 not_authorized', $sugar->rest('PUT', '/Users/seed_jim_id', ['status' => 'Inactive'])->error());
        $jim = $sugar->login('jim')->json['access_token'];
        Check::same(200, $sugar->rest('PUT', '/Users/seed_jim_id', ['status' => 'Inactive'], 'admin')->status);
        Check::same('401 need_login', $sugar->rest('GET', '/me', null, null, ['OAuth-Token' => $jim])->error());
    },
    'bulk goes on after a failure and stays 200' => static function (Sugar $sugar): void {
        $answers = $sugar->rest('POST', '/bulk', ['requests' => [
            ['url' => '/v11_20/Contacts/seed_vera_vault_id', 'method' => 'GET'],
            ['url' => '/v11_20/Notes', 'method' => 'POST', 'data' => '{"name":"from bulk"}'],
            ['url' => 'v11_20/Contacts/count'],
        ]], 'jim')->json;
        Check::same([404, 200, 200], array_column($answers, 'status'));
        Check::same(['from bulk', 20], [$answers[1]['contents']['name'], $answers[2]['contents']['record_count']]);
    },
    'field ACLs hide values and say so; without any the record says {}' => static function (Sugar $sugar): void {
        Check::contains('"_acl":{"fields":{}', $sugar->rest('GET', '/Contacts/seed_gus_dales_id')->text);
        $sugar->switch('acl', ['sally' => ['Contacts' => ['fields' => ['phone_mobile' => ['read' => 'no', 'write' => 'no']]]]]);
        $gus = $sugar->rest('GET', '/Contacts/seed_gus_dales_id')->json;
        Check::same([false, ['phone_mobile' => ['read' => 'no', 'write' => 'no']]], [isset($gus['phone_mobile']), $gus['_acl']['fields']]);
    },
    'stale hashes of the browser are 412' => static function (Sugar $sugar): void {
        Check::same('412 metadata_out_of_date', $sugar->rest('GET', '/Contacts', null, 'sally', ['X-Metadata-Hash' => 'old'])->error());
        $hash = $sugar->rest('GET', '/metadata?only_hash=true')->json['_hash'];
        Check::same(200, $sugar->rest('GET', '/Contacts', null, 'sally', ['X-Metadata-Hash' => $hash])->status);
    },
];
