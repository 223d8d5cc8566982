<?php

/** Stand-in for the User bean. */

class User extends SugarBean
{
    public $user_name = '';
    public $is_admin = 0;

    public static function fromRow(string $module, array $row): static
    {
        $user = parent::fromRow($module, $row);
        $user->preferences = json_decode((string) $row['preferences'], true) ?? [];
        return $user;
    }

    public function isAdmin()
    {
        return (bool) $this->is_admin;
    }

    public function isAdminForModule($module)
    {
        return $this->isAdmin();
    }

    /** The formats have other names here than on the wire of /me. */
    public function getPreference($name, $category = 'global')
    {
        $names = ['datef' => 'datepref', 'timef' => 'timepref'];
        return $this->preferences[$names[$name] ?? $name] ?? null;
    }
}
