<?php

/** The people that a fresh stand-in knows: users, teams, and contacts with phones typed as people type them. */

declare(strict_types=1);

namespace Standin\Data;

final class Seed
{
    public const GLOBAL_TEAM = '1';
    private const STAMP = '2026-01-12 16:20:00';

    /** user_name => id, first and last name, title, department, time zone, date format, time format, further teams */
    private const USERS = [
        'admin' => ['1', '', 'Administrator', 'Administrator', 'IT', 'UTC', 'Y-m-d', 'H:i', []],
        'sally' => ['seed_sally_id', 'Sally', 'Bronsen', 'Account Rep West', 'Sales', 'America/Los_Angeles', 'm/d/Y', 'h:ia', ['West', 'Vault']],
        'sarah' => ['seed_sarah_id', 'Sarah', 'Smith', 'Sales Manager West', 'Sales', 'America/New_York', 'm/d/Y', 'h:ia', ['West', 'Vault']],
        'jim' => ['seed_jim_id', 'Jim', 'Brennan', 'VP Sales', 'Sales', 'Europe/London', 'd.m.Y', 'H:i', ['East', 'West']],
        'will' => ['seed_will_id', 'Will', 'Westin', 'Sales Manager East', 'Sales', 'Asia/Kolkata', 'Y-m-d', 'H:i', ['East', 'Vault']],
        'riverline' => ['seed_riverline_id', 'Riverline', 'Service', 'Integration', 'IT', 'UTC', 'Y-m-d', 'H:i', ['East', 'West', 'Vault']],
        'retired' => ['seed_retired_id', 'Rita', 'Retired', 'Account Rep', 'Sales', 'UTC', 'Y-m-d', 'H:i', []],
        'queue' => ['seed_queue_id', '', 'Support Queue', '', '', 'UTC', 'Y-m-d', 'H:i', []],
        'portal' => ['seed_portal_id', '', 'Portal API', '', '', 'UTC', 'Y-m-d', 'H:i', []],
    ];

    /** What roles deny; everything not named is allowed. */
    private const ACL = ['jim' => ['Notes' => ['delete' => 'no']]];

    /** first name, last name, assigned user, account, country, phones, and a team when it is not the Global one */
    private const CONTACTS = [
        ['Gus', 'Dales', 'sally', 'arts', 'USA', ['mobile' => '+1 415 555 2671', 'work' => '(415) 555-0100']],
        ['Nora', 'Nomobile', 'sally', 'arts', 'USA', ['mobile' => '', 'work' => '415-555-0111']],
        ['Ann', 'Twin', 'sally', 'kites', 'USA', ['mobile' => '(628) 555-0142']],
        ['Bob', 'Twin', 'will', 'kites', 'USA', ['mobile' => '628.555.0142']],
        ['Vera', 'Vault', 'sarah', null, 'USA', ['mobile' => '+1 (510) 555-0177'], 'Vault'],
        ['Maria', 'Garcia', 'sarah', 'arts', 'USA', ['mobile' => '212-555-0123', 'home' => '2125550124']],
        ['Peter', 'Okafor', 'jim', 'harbour', 'United Kingdom', ['mobile' => '07700 900123', 'work' => '+44 (0)20 7946 0018']],
        ['Emma', 'Lindqvist', 'will', 'harbour', 'Sweden', ['mobile' => '070-174 06 05']],
        ['Karl', 'Weber', 'jim', null, 'Germany', ['mobile' => '0151 / 23456789', 'work' => '+49 30 901820']],
        ['Chloé', 'Martin', 'sarah', 'harbour', 'France', ['mobile' => '06 39 98 12 34']],
        ['Ravi', 'Patel', 'will', 'kites', 'India', ['mobile' => '+91 98765 43210']],
        ['Mei', 'Tanaka', 'jim', null, 'Japan', ['mobile' => '090-1234-5678']],
        ['Lucas', 'Silva', 'sarah', null, 'Brazil', ['mobile' => '(11) 96123-4567']],
        ['Olivia', 'Brown', 'sally', 'arts', 'USA', ['mobile' => '1-303-555-0188 (cell)']],
        ['Tom', "O'Neil", 'sally', 'kites', 'Ireland', ['mobile' => '00353 85 012 3456']],
        ['Zoë', 'van Dijk', 'will', 'harbour', 'Netherlands', ['mobile' => '06-12345678']],
        ['Sam', 'Extension', 'sarah', 'arts', 'USA', ['mobile' => '(206) 555-0133 x42']],
        ['Ines', 'Twophones', 'jim', 'arts', 'USA', ['mobile' => '7025550150 / 7025550151']],
        ['Quinn', 'Donotcall', 'sally', null, 'USA', ['mobile' => '+1-808-555-0161'], null, true],
        ['Ada', '<b>Markup</b>', 'sally', null, 'USA', ['mobile' => '+1 907 555 0120']],
        ['Hal', 'Textless', 'will', null, 'USA', ['mobile' => 'ask assistant']],
    ];

    private const ACCOUNTS = [
        'arts' => ['Arts & Crafts Inc', 'sally', '(415) 555-0199'],
        'kites' => ['Kites Unlimited', 'will', '+1 628 555 0100'],
        'harbour' => ['Harbour Lights Ltd', 'jim', '+44 20 7946 0000'],
    ];

    public function __construct(private readonly Database $db)
    {
    }

    public function fill(): void
    {
        $this->teamsAndUsers();
        foreach (self::ACCOUNTS as $key => [$name, $owner, $phone]) {
            $this->db->insert('accounts', $this->owned("seed_account_$key", $owner) + [
                'name' => $name, 'phone_office' => $phone, 'account_type' => 'Customer', 'email' => '[]',
            ]);
        }
        foreach (self::CONTACTS as $contact) {
            $this->contact($contact);
        }
        $this->leadsAndProspects();
        $this->db->insert('notes', $this->owned('seed_note_welcome', 'sally') + [
            'name' => 'First call', 'description' => 'Asked about the spring catalogue.', 'parent_type' => 'Contacts',
            'parent_id' => 'seed_gus_dales_id', 'contact_id' => 'seed_gus_dales_id', 'portal_flag' => 0,
            'embed_flag' => 0, 'attachment_flag' => 0,
        ]);
    }

    /** Many plain contacts for the tests of size: numbers +1 2xx 555 xxxx, spelled in five ways. */
    public function bulkContacts(int $count): void
    {
        $spellings = ['+1%s%s%s', '(%s) %s-%s', '%s-%s-%s', '%s.%s.%s', '+1 %s %s %s'];
        $this->db->transaction(function () use ($count, $spellings): void {
            for ($i = 0; $i < $count; $i++) {
                $area = sprintf('%03d', 201 + intdiv($i, 10000) % 700);
                $this->db->insert('contacts', $this->owned("bulk_contact_$i", 'sally') + [
                    'first_name' => 'Bulk', 'last_name' => "Contact $i", 'email' => '[]', 'do_not_call' => 0,
                    'phone_mobile' => sprintf($spellings[$i % 5], $area, '555', sprintf('%04d', $i % 10000)),
                ]);
            }
        });
    }

    private function teamsAndUsers(): void
    {
        $teams = ['1' => ['Global', 0], 'East' => ['East', 0], 'West' => ['West', 0], 'Vault' => ['Vault', 0]];
        foreach (self::USERS as $userName => [$id, $first, $last]) {
            $teams["private_$id"] = [trim("$first $last"), 1];
        }
        foreach ($teams as $id => [$name, $private]) {
            $this->db->insert('teams', ['id' => (string) $id, 'name' => $name, 'name_2' => '', 'private' => $private]);
        }
        foreach (self::USERS as $userName => [$id, $first, $last, $title, $department, $zone, $dates, $times, $more]) {
            $this->db->insert('users', [
                'id' => $id, 'user_name' => $userName, 'first_name' => $first, 'last_name' => $last, 'title' => $title,
                'department' => $department, 'status' => $userName === 'retired' ? 'Inactive' : 'Active',
                'employee_status' => $userName === 'retired' ? 'Terminated' : 'Active', 'is_admin' => (int) ($userName === 'admin'),
                'is_group' => (int) ($userName === 'queue'), 'portal_only' => (int) ($userName === 'portal'),
                'email' => $this->email("$userName@example.com"), 'phone_work' => '', 'picture' => '', 'deleted' => 0,
                'date_entered' => self::STAMP, 'date_modified' => self::STAMP, 'created_by' => '1', 'modified_user_id' => '1',
                'password' => password_hash($userName, PASSWORD_BCRYPT, ['cost' => 4]), 'default_team' => self::GLOBAL_TEAM,
                'preferences' => json_encode(['timezone' => $zone, 'datepref' => $dates, 'timepref' => $times, 'language' => 'en_us']),
                'acl' => json_encode((object) (self::ACL[$userName] ?? [])),
            ]);
            // The service sees everything, so it is in the private teams of the others too.
            $member = $userName === 'riverline' ? array_keys($teams) : ['1', "private_$id", ...$more];
            foreach ($member as $team) {
                $this->db->insert('team_members', ['team_id' => (string) $team, 'user_id' => $id]);
            }
        }
    }

    private function contact(array $contact): void
    {
        [$first, $last, $owner, $account, $country, $phones] = $contact;
        $id = 'seed_' . strtolower((string) preg_replace('/[^A-Za-z]+/', '_', "{$first}_" . strip_tags($last))) . '_id';
        $this->db->insert('contacts', $this->owned($id, $owner, $contact[6] ?? null) + [
            'first_name' => $first, 'last_name' => $last, 'title' => 'Buyer', 'picture' => '',
            'account_id' => $account === null ? null : "seed_account_$account", 'do_not_call' => (int) ($contact[7] ?? false),
            'primary_address_country' => $country, 'email' => $this->email(preg_replace('/\W+/', '.', strtolower($id)) . '@example.com'),
            'phone_mobile' => $phones['mobile'] ?? '', 'phone_work' => $phones['work'] ?? '',
            'phone_home' => $phones['home'] ?? '', 'phone_other' => '', 'phone_fax' => '',
        ]);
    }

    private function leadsAndProspects(): void
    {
        $this->db->insert('leads', $this->owned('seed_lead_lena_id', 'sarah') + [
            'first_name' => 'Lena', 'last_name' => 'Lead', 'phone_mobile' => '(503) 555-0170', 'phone_work' => '', 'status' => 'New',
            'converted' => 0, 'account_name' => 'Leadership Partners', 'email' => '[]', 'primary_address_country' => 'USA',
        ]);
        $this->db->insert('prospects', $this->owned('seed_prospect_paul_id', 'will') + [
            'first_name' => 'Paul', 'last_name' => 'Prospect', 'phone_mobile' => '720 555 0195', 'phone_work' => '',
            'email' => '[]', 'primary_address_country' => 'USA',
        ]);
    }

    private function owned(string $id, string $owner, ?string $team = null): array
    {
        $team ??= self::GLOBAL_TEAM;
        return [
            'id' => $id, 'date_entered' => self::STAMP, 'date_modified' => self::STAMP, 'created_by' => '1',
            'modified_user_id' => '1', 'assigned_user_id' => self::USERS[$owner][0], 'description' => '', 'deleted' => 0,
            'team_id' => $team, 'team_set_id' => (new Teams($this->db))->setOf([$team]),
        ];
    }

    private function email(string $address): string
    {
        return (string) json_encode([[
            'email_address' => $address, 'email_address_id' => md5($address), 'primary_address' => true,
            'opt_out' => false, 'invalid_email' => false, 'reply_to_address' => false,
        ]]);
    }
}
