<?php

/** Everything that goes wrong on demand: reference section 11, items 2, 6 and 7. */

declare(strict_types=1);

namespace Standin\Checks;

$notes = static fn (Sugar $sugar, string $name): int => count(array_filter(
    $sugar->http('GET', '/__standin/records?module=Notes')->json,
    static fn (array $note): bool => $note['name'] === $name
));

return [
    'an unknown switch is refused with the list of known ones' => static function (Sugar $sugar): void {
        $answer = $sugar->http('POST', '/__standin/switch', '{"name":"nope","value":1}');
        Check::same(400, $answer->status);
        Check::contains('maintenance', $answer->json['error']);
    },
    'maintenance is 503 for everybody but admins' => static function (Sugar $sugar): void {
        $sugar->rest('GET', '/me');
        $sugar->switch('maintenance', true);
        Check::same('503 maintenance', $sugar->rest('GET', '/me')->error());
        Check::same('503 maintenance', $sugar->login('jim')->error());
        Check::same(200, $sugar->rest('GET', '/me', null, 'admin')->status);
    },
    'HTML instead of JSON, only where and as often as asked' => static function (Sugar $sugar): void {
        $sugar->rest('GET', '/me');
        $sugar->switch('html_502', true, ['path' => '^/Contacts', 'times' => 1]);
        Check::same(200, $sugar->rest('GET', '/Notes')->status);
        $bad = $sugar->rest('GET', '/Contacts');
        Check::same([502, null], [$bad->status, $bad->json]);
        Check::same(200, $sugar->rest('GET', '/Contacts')->status);
    },
    'rate limit with Retry-After, latency, fatal error' => static function (Sugar $sugar): void {
        $sugar->rest('GET', '/me');
        $sugar->switch('rate_limit', 7, ['times' => 1]);
        $limited = $sugar->rest('GET', '/me');
        Check::same([429, '7'], [$limited->status, $limited->headers['retry-after']]);
        $sugar->switch('fatal_error', true, ['times' => 1]);
        Check::same('500 fatal_error', $sugar->rest('GET', '/me')->error());
        $sugar->switch('latency_ms', 300, ['path' => '^/me']);
        $start = microtime(true);
        $sugar->rest('GET', '/me');
        Check::same(true, microtime(true) - $start >= 0.3);
    },
    'a Note is stored although the answer is lost' => static function (Sugar $sugar) use ($notes): void {
        $sugar->rest('GET', '/me');
        foreach (['502', 'broken'] as $way) {
            $sugar->switch('drop_after_store', $way, ['times' => 1]);
            Check::same(null, $sugar->rest('POST', '/Notes', ['name' => "dropped $way"])->json, $way);
            Check::same(1, $notes($sugar, "dropped $way"), $way);
        }
    },
    'a Note is stored late, once' => static function (Sugar $sugar) use ($notes): void {
        $sugar->switch('store_late', 1, ['times' => 1]);
        Check::same(504, $sugar->rest('POST', '/Notes', ['name' => 'late'])->status);
        Check::same(0, $notes($sugar, 'late'));
        sleep(2);
        $sugar->rest('GET', '/me');
        Check::same(1, $notes($sugar, 'late'));
    },
    'messages are translated, labels are not' => static function (Sugar $sugar): void {
        $sugar->switch('translated', true);
        $answer = $sugar->rest('GET', '/Contacts/nobody');
        Check::same('404 not_found', $answer->error());
        Check::same(false, str_contains($answer->json['error_message'], 'Could not find'));
    },
];
