<?php

/** Stand-in for a record in PHP: its stored values as properties, and what the current user may do with it. */

use Standin\Control\Switches;
use Standin\Data\Acl;
use Standin\Data\Modules;
use Standin\Data\User as DataUser;
use Standin\Instance\Instance;

#[AllowDynamicProperties]
class SugarBean
{
    public $id = '';
    public $module_name = '';
    public $module_dir = '';
    public $field_defs = [];

    public static function fromRow(string $module, array $row): static
    {
        $bean = new static();
        $definition = Modules::get($module);
        $bean->module_name = $bean->module_dir = $module;
        foreach ($definition->fields as $name => $field) {
            $bean->field_defs[$name] = ['name' => $name, 'type' => str_starts_with($name, 'phone_') ? 'phone' : $field->type];
            if ($field->isColumn()) {
                $bean->$name = $row[$name] ?? '';
            }
        }
        if ($definition->isPerson) {
            $bean->name = $bean->full_name = trim(($row['first_name'] ?? '') . ' ' . ($row['last_name'] ?? ''));
        }
        return $bean;
    }

    public function ACLAccess($view, $context = null)
    {
        return $this->acl()->allows(strtolower((string) $view), $this->module_name);
    }

    public function ACLFieldAccess($field, $action = 'access', $context = null)
    {
        return in_array($action, ['write', 'edit', 'save'], true)
            ? $this->acl()->mayWriteField($this->module_name, (string) $field)
            : $this->acl()->mayReadField($this->module_name, (string) $field);
    }

    private function acl(): Acl
    {
        $db = Instance::current()->db();
        return new Acl(DataUser::byId($db, (string) $GLOBALS['current_user']->id), new Switches($db));
    }
}
