<?php

/** The modules of the stand-in: their tables, fields (with Sugar's lengths) and links. */

declare(strict_types=1);

namespace Standin\Data;

final class Modules
{
    private const BASIC = [
        'id' => 'id!', 'date_entered' => 'datetime!', 'date_modified' => 'datetime!',
        'modified_user_id' => 'id!', 'modified_by_name' => 'relate:users:modified_user_id!',
        'created_by' => 'id!', 'created_by_name' => 'relate:users:created_by!',
        'description' => 'text', 'deleted' => 'bool!',
    ];

    private const OWNED = [
        'assigned_user_id' => 'id', 'assigned_user_name' => 'relate:users:assigned_user_id!',
        'team_id' => 'id!', 'team_set_id' => 'id!', 'team_name' => 'teams',
    ];

    private const PERSON = [
        'salutation' => 'varchar:255', 'first_name' => 'varchar:100', 'last_name' => 'varchar:100',
        'name' => 'computed', 'full_name' => 'computed', 'title' => 'varchar:100', 'department' => 'varchar:255',
        'do_not_call' => 'bool', 'phone_home' => 'varchar:100', 'phone_mobile' => 'varchar:100',
        'phone_work' => 'varchar:100', 'phone_other' => 'varchar:100', 'phone_fax' => 'varchar:100',
        'assistant' => 'varchar:75', 'assistant_phone' => 'varchar:100', 'email' => 'email', 'picture' => 'varchar:255',
        'primary_address_street' => 'varchar:150', 'primary_address_city' => 'varchar:100',
        'primary_address_state' => 'varchar:100', 'primary_address_postalcode' => 'varchar:20',
        'primary_address_country' => 'varchar:255', 'alt_address_street' => 'varchar:150',
        'alt_address_city' => 'varchar:100', 'alt_address_state' => 'varchar:100',
        'alt_address_postalcode' => 'varchar:20', 'alt_address_country' => 'varchar:255',
        'lead_source' => 'varchar:255', 'preferred_language' => 'varchar:255', 'campaign_id' => 'id',
    ];

    private const DEFINITIONS = [
        'Contacts' => ['table' => 'contacts', 'single' => 'Contact', 'person' => true, 'fields' => self::BASIC + self::OWNED + self::PERSON + [
            'account_id' => 'id', 'account_name' => 'relate:accounts:account_id!',
            'reports_to_id' => 'id', 'report_to_name' => 'relate:contacts:reports_to_id!',
            'portal_name' => 'varchar:255', 'portal_active' => 'bool', 'sync_contact' => 'bool',
        ]],
        'Leads' => ['table' => 'leads', 'single' => 'Lead', 'person' => true, 'fields' => self::BASIC + self::OWNED + self::PERSON + [
            'account_name' => 'varchar:255', 'status' => 'varchar:100', 'converted' => 'bool',
            'contact_id' => 'id', 'account_id' => 'id',
        ]],
        'Prospects' => ['table' => 'prospects', 'single' => 'Prospect', 'person' => true, 'fields' => self::BASIC + self::OWNED + self::PERSON + [
            'account_name' => 'varchar:150', 'lead_id' => 'id',
        ]],
        'Accounts' => ['table' => 'accounts', 'single' => 'Account', 'fields' => self::BASIC + self::OWNED + [
            'name' => 'varchar:150', 'account_type' => 'varchar:50', 'industry' => 'varchar:50', 'website' => 'varchar:255',
            'phone_office' => 'varchar:100', 'phone_alternate' => 'varchar:100', 'phone_fax' => 'varchar:100', 'email' => 'email',
            'billing_address_street' => 'varchar:150', 'billing_address_city' => 'varchar:100',
            'billing_address_state' => 'varchar:100', 'billing_address_postalcode' => 'varchar:20',
            'billing_address_country' => 'varchar:255', 'parent_id' => 'id',
        ]],
        'Notes' => ['table' => 'notes', 'single' => 'Note', 'fields' => self::BASIC + self::OWNED + [
            'name' => 'varchar:255', 'parent_type' => 'varchar:255', 'parent_id' => 'id', 'parent_name' => 'computed',
            'contact_id' => 'id', 'contact_name' => 'relate:contacts:contact_id!', 'filename' => 'varchar:255',
            'file_mime_type' => 'varchar:100', 'portal_flag' => 'bool', 'embed_flag' => 'bool',
            'attachment_flag' => 'bool', 'note_parent_id' => 'id', 'attachment_list' => 'computed',
            'entry_source' => 'varchar:50', 'email_type' => 'varchar:255', 'email_id' => 'id',
        ]],
        'Users' => ['table' => 'users', 'single' => 'User', 'person' => true, 'fields' => self::BASIC + [
            'user_name' => 'varchar:60', 'title' => 'varchar:50', 'department' => 'varchar:50',
            'phone_home' => 'varchar:50', 'phone_mobile' => 'varchar:50', 'phone_work' => 'varchar:50',
            'phone_other' => 'varchar:50', 'phone_fax' => 'varchar:50', 'status' => 'varchar:100',
            'employee_status' => 'varchar:100', 'is_admin' => 'bool', 'is_group' => 'bool', 'portal_only' => 'bool',
            'reports_to_id' => 'id', 'reports_to_name' => 'relate:users:reports_to_id!', 'last_login' => 'datetime!',
        ] + self::PERSON],
        'WebLogicHooks' => ['table' => 'weblogichooks', 'single' => 'WebLogicHook', 'admin' => true, 'fields' => self::BASIC + [
            'name' => 'varchar:255', 'webhook_target_module' => 'varchar:255', 'request_method' => 'varchar:255',
            'trigger_event' => 'varchar:255', 'url' => 'varchar:255',
        ]],
        'OAuthKeys' => ['table' => 'oauth_keys', 'single' => 'OAuthKey', 'admin' => true, 'fields' => self::BASIC + [
            'name' => 'varchar:255', 'c_key' => 'varchar:255', 'c_secret' => 'varchar:255',
            'oauth_type' => 'varchar:50', 'client_type' => 'varchar:50',
        ]],
    ];

    /** Columns that no client ever sees. */
    private const HIDDEN = ['Users' => ['password', 'preferences', 'acl', 'default_team']];

    /**
     * Many records behind a link: [module, column that holds our id, is it the parent pair?].
     * One record behind a link: [module, our column with its id].
     */
    private const MANY = [
        'Contacts' => ['notes' => ['Notes', 'contact_id', false], 'notes_parent' => ['Notes', 'parent_id', true]],
        'Accounts' => ['notes' => ['Notes', 'parent_id', true], 'contacts' => ['Contacts', 'account_id', false]],
        'Leads' => ['notes' => ['Notes', 'parent_id', true]],
        'Prospects' => ['notes' => ['Notes', 'parent_id', true]],
    ];
    private const ONE = [
        'Contacts' => ['accounts' => ['Accounts', 'account_id']],
        'Notes' => ['contact' => ['Contacts', 'contact_id'], 'contact_parent' => ['Contacts', 'parent_id'], 'contacts' => ['Contacts', 'parent_id']],
    ];

    /** @var array<string, Module> */
    private static array $loaded = [];

    public static function get(string $name): ?Module
    {
        if (!isset(self::DEFINITIONS[$name])) {
            return null;
        }
        return self::$loaded[$name] ??= self::load($name);
    }

    /** @return list<string> */
    public static function names(): array
    {
        return array_keys(self::DEFINITIONS);
    }

    private static function load(string $name): Module
    {
        $definition = self::DEFINITIONS[$name];
        $fields = [];
        foreach ($definition['fields'] as $field => $short) {
            $fields[$field] = new Field($field, $short);
        }
        return new Module(
            $name,
            $definition['table'],
            $definition['single'],
            $definition['person'] ?? false,
            $definition['admin'] ?? false,
            $fields,
            self::HIDDEN[$name] ?? [],
            self::MANY[$name] ?? [],
            self::ONE[$name] ?? []
        );
    }
}
