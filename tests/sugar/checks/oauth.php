<?php

/** Tokens: reference section 1. */

declare(strict_types=1);

namespace Standin\Checks;

return [
    'a password gives the documented answer' => static function (Sugar $sugar): void {
        $token = $sugar->login('sally')->json;
        Check::same(
            ['access_token', 'expires_in', 'token_type', 'scope', 'refresh_token', 'refresh_expires_in', 'download_token'],
            array_keys($token)
        );
        Check::same([3600, 'bearer', 1209600], [$token['expires_in'], $token['token_type'], $token['refresh_expires_in']]);
    },
    'a form body is refused and noted' => static function (Sugar $sugar): void {
        $form = 'grant_type=password&client_id=sugar&username=sally&password=sally';
        $answer = $sugar->http('POST', '/rest/v11_24/oauth2/token', $form, ['Content-Type' => 'application/x-www-form-urlencoded']);
        Check::same('400 invalid_request', $answer->error());
        Check::same(1, count($sugar->http('GET', '/__standin/refused')->json));
    },
    'errors of the token endpoint' => static function (Sugar $sugar): void {
        Check::same('401 need_login', $sugar->login('sally', 'base', 'wrong')->error());
        Check::same('401 need_login', $sugar->login('retired')->error(), 'an inactive user');
        Check::same('422 invalid_parameter', $sugar->login('sally', 'unheard-of')->error());
        $token = static fn (array $body): string => $sugar->rest('POST', '/oauth2/token', $body, null)->error();
        Check::same('400 invalid_request', $token(['client_id' => 'sugar']));
        Check::same('400 unsupported_grant_type', $token(['grant_type' => 'client_credentials']));
        Check::same('400 invalid_client', $token(['grant_type' => 'password', 'client_id' => 'x', 'username' => 'a', 'password' => 'b']));
        Check::same('400 invalid_request', $token(['grant_type' => 'password', 'client_id' => 'sugar', 'client_secret' => '']));
    },
    'both headers carry the token; none is need_login' => static function (Sugar $sugar): void {
        $access = $sugar->login('sally')->json['access_token'];
        Check::same(200, $sugar->rest('GET', '/me', null, null, ['OAuth-Token' => $access])->status);
        Check::same(200, $sugar->rest('GET', '/me', null, null, ['Authorization' => "Bearer $access"])->status);
        Check::same('401 need_login', $sugar->rest('GET', '/me', null, null)->error());
        Check::same('401 need_login', $sugar->rest('GET', "/me?oauth_token=$access", null, null)->error());
    },
    'a second login on the same platform evicts the first, another platform does not' => static function (Sugar $sugar): void {
        $first = $sugar->login('sally')->json;
        $mobile = $sugar->login('sally', 'mobile')->json['access_token'];
        $sugar->login('sally');
        $answer = $sugar->rest('GET', '/me', null, null, ['OAuth-Token' => $first['access_token']]);
        Check::same('401 invalid_grant', $answer->error());
        Check::same('The access token provided is invalid.', $answer->json['error_message']);
        Check::same('400 invalid_grant', $sugar->refresh($first['refresh_token'])->error());
        Check::same(200, $sugar->rest('GET', '/me', null, null, ['OAuth-Token' => $mobile])->status);
        Check::same(1, $sugar->http('GET', '/__standin/counters')->json['eviction sally base']);
    },
    'a refresh rotates; its failure comes in three variants' => static function (Sugar $sugar): void {
        $first = $sugar->login('sally')->json;
        $second = $sugar->refresh($first['refresh_token'])->json;
        Check::same(200, $sugar->rest('GET', '/me', null, null, ['OAuth-Token' => $second['access_token']])->status);
        foreach (['A' => '400 invalid_grant', 'B' => '400 invalid_grant', 'C' => '401 need_login'] as $variant => $error) {
            $sugar->switch('refresh_failure', $variant);
            Check::same($error, $sugar->refresh($first['refresh_token'])->error(), "variant $variant");
        }
    },
    'short lifetimes expire' => static function (Sugar $sugar): void {
        $sugar->switch('access_token_lifetime', 1);
        $access = $sugar->login('sally')->json['access_token'];
        sleep(2);
        $answer = $sugar->rest('GET', '/me', null, null, ['OAuth-Token' => $access]);
        Check::same('401 invalid_grant', $answer->error());
        Check::same('The access token provided has expired.', $answer->json['error_message']);
    },
    'logout ends access and refresh token' => static function (Sugar $sugar): void {
        $token = $sugar->login('sally')->json;
        $auth = ['OAuth-Token' => $token['access_token']];
        Check::same(['success' => true], $sugar->rest('POST', '/oauth2/logout', null, null, $auth)->json);
        Check::same('401 invalid_grant', $sugar->rest('GET', '/me', null, null, $auth)->error());
        Check::same('400 invalid_grant', $sugar->refresh($token['refresh_token'])->error());
    },
    'sudo is for admins, gives no refresh token, and evicts' => static function (Sugar $sugar): void {
        $first = $sugar->login('sally')->json['access_token'];
        Check::same('403 not_authorized', $sugar->rest('POST', '/oauth2/sudo/sally', [], 'jim')->error());
        $sudo = $sugar->rest('POST', '/oauth2/sudo/sally', ['client_id' => 'sugar', 'platform' => 'base'], 'admin')->json;
        Check::same(['access_token', 'expires_in', 'token_type', 'scope'], array_keys($sudo));
        Check::same('401 invalid_grant', $sugar->rest('GET', '/me', null, null, ['OAuth-Token' => $first])->error());
    },
    '/me lists denials only' => static function (Sugar $sugar): void {
        $me = $sugar->rest('GET', '/me')->json['current_user'];
        Check::same(['seed_sally_id', 'user', 'America/Los_Angeles'], [$me['id'], $me['type'], $me['preferences']['timezone']]);
        Check::same(false, array_key_exists('is_admin', $me));
        Check::same(['fields' => [], 'admin' => 'no', 'developer' => 'no'], $me['acl']['Contacts']);
        Check::contains('"Contacts":{"fields":[],', $sugar->rest('GET', '/me')->text, 'empty: a list');
        Check::same('no', $me['acl']['Users']['create']);
        Check::same('admin', $sugar->rest('GET', '/me', null, 'admin')->json['current_user']['type']);
        $sugar->switch('acl', ['sally' => ['Contacts' => ['fields' => ['phone_mobile' => ['read' => 'no', 'write' => 'no']]]]]);
        Check::contains('"Contacts":{"fields":{"phone_mobile"', $sugar->rest('GET', '/me')->text, 'populated: an object');
    },
    'switches: SSO user, refused password, IP check' => static function (Sugar $sugar): void {
        $sugar->switch('sso_user', 'sally');
        Check::same('401 need_login', $sugar->login('sally')->error());
        $sugar->switch('sso_user', null);
        $sugar->switch('refuse_password', 'riverline');
        Check::same('401 need_login', $sugar->login('riverline')->error());
        $sugar->switch('ip_check', 'agent');
        $access = $sugar->login('jim')->json['access_token'];
        Check::same(200, $sugar->rest('GET', '/me', null, null, ['OAuth-Token' => $access])->status);
        Check::same('401 invalid_grant', $sugar->rest('GET', '/me', null, null, ['OAuth-Token' => $access, 'User-Agent' => 'other'])->error());
    },
];
