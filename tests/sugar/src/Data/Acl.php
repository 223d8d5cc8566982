<?php

/** What roles deny a user, per module, action and field. Everything not denied is allowed, and admins are never denied. */

declare(strict_types=1);

namespace Standin\Data;

use Standin\Control\Switches;

final class Acl
{
    private array $denials;

    public function __construct(private readonly User $user, Switches $switches)
    {
        $roles = json_decode((string) $user->row['acl'], true) ?? [];
        $extra = $switches->value('acl')[$user->userName] ?? [];
        $this->denials = $user->isAdmin ? [] : array_replace_recursive($roles, $extra);
    }

    public function allows(string $action, string $module): bool
    {
        if ($this->user->isAdmin) {
            return true;
        }
        $modules = Modules::get($module);
        if ($modules?->adminOnly || ($module === 'Users' && in_array($action, ['create', 'edit', 'delete'], true))) {
            return false;
        }
        return ($this->denials[$module][$action] ?? '') !== 'no' && ($this->denials[$module]['access'] ?? '') !== 'no';
    }

    /** @return array<string, array{read?: string, write?: string}> the denied fields of a module */
    public function deniedFields(string $module): array
    {
        return $this->denials[$module]['fields'] ?? [];
    }

    public function mayReadField(string $module, string $field): bool
    {
        return ($this->deniedFields($module)[$field]['read'] ?? '') !== 'no';
    }

    public function mayWriteField(string $module, string $field): bool
    {
        return ($this->deniedFields($module)[$field]['write'] ?? '') !== 'no';
    }

    /** The `acl` part of /me: denials only, and `fields` an empty list where nothing is denied. */
    public function describe(): array
    {
        $all = [];
        foreach (Modules::names() as $module) {
            $fields = $this->deniedFields($module);
            $all[$module] = ['fields' => $fields === [] ? [] : (object) $fields];
            foreach (['access', 'view', 'list', 'edit', 'delete', 'create', 'import', 'export', 'massupdate'] as $action) {
                if (!$this->allows($action, $module)) {
                    $all[$module][$action] = 'no';
                }
            }
            if (!$this->user->isAdmin) {
                $all[$module] += ['admin' => 'no', 'developer' => 'no'];
            }
        }
        return $all;
    }

    /** The `_acl` part of one record. */
    public function describeRecord(string $module): array
    {
        $acl = ['fields' => (object) $this->deniedFields($module)];
        foreach (['edit', 'delete'] as $action) {
            if (!$this->allows($action, $module)) {
                $acl[$action] = 'no';
            }
        }
        return $acl;
    }
}
