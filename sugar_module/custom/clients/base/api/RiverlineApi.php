<?php
/**
 * REST of the package: where the service is (administrators change it), and what this Sugar asserts to the service about
 * its caller, signed with a key that only the two of them have.
 */
class RiverlineApi extends SugarApi
{
    /** The package's, as in the manifest: the service compares it with its own. */
    const VERSION = '0.1.0';

    /** Seconds that an assertion is valid, records that one states: the service takes no more. */
    const ASSERTION_LIFE = 60;
    const MOST_RECORDS = 15;

    private static $phoneFields = [
        'Contacts' => ['phone_mobile', 'phone_work', 'phone_home', 'phone_other'],
        'Leads' => ['phone_mobile', 'phone_work', 'phone_home', 'phone_other'],
        'Prospects' => ['phone_mobile', 'phone_work', 'phone_home', 'phone_other'],
        'Accounts' => ['phone_office', 'phone_alternate'],
    ];

    private static $addresses = [
        'Contacts' => 'primary_address',
        'Leads' => 'primary_address',
        'Prospects' => 'primary_address',
        'Accounts' => 'billing_address',
    ];

    public function registerApiRest()
    {
        return [
            'riverlineReadSettings' => [
                'reqType' => 'GET',
                'path' => ['riverline', 'settings'],
                'pathVars' => ['', ''],
                'method' => 'readSettings',
                'shortHelp' => 'Where the Riverline service is',
                'longHelp' => '',
            ],
            'riverlineSaveSettings' => [
                'reqType' => 'PUT',
                'path' => ['riverline', 'settings'],
                'pathVars' => ['', ''],
                'method' => 'saveSettings',
                'shortHelp' => 'Sets where the Riverline service is',
                'longHelp' => '',
            ],
            'riverlineAssertion' => [
                'reqType' => 'POST',
                'path' => ['riverline', 'assertion'],
                'pathVars' => ['', ''],
                'method' => 'assertion',
                'shortHelp' => 'Tells the Riverline service who the caller is and what he may see',
                'longHelp' => '',
            ],
        ];
    }

    /**
     * @param ServiceBase $api
     * @param array $args
     * @return array {url, sign_in, version}; nothing that every browser does not know
     */
    public function readSettings(ServiceBase $api, array $args)
    {
        return $this->settings() + ['version' => self::VERSION];
    }

    /**
     * Keeps the address where every browser finds it: it is public, also before the login. The key is kept apart from it
     * and leaves this Sugar never again.
     *
     * @param ServiceBase $api
     * @param array $args {url, assertion_key?}; an empty url turns Riverline off, an empty key turns assertions off
     * @return array {url, sign_in}
     */
    public function saveSettings(ServiceBase $api, array $args)
    {
        $this->requireAdmin($api);
        $this->requireArgs($args, ['url']);
        $url = is_string($args['url']) ? rtrim(trim($args['url']), '/') : 'none';
        if ($url !== '' && !preg_match('~^https?://[A-Za-z0-9.\-]+(:[0-9]{1,5})?(/[A-Za-z0-9._\~/\-]*)?$~D', $url)) {
            throw new SugarApiExceptionInvalidParameter('The address has to look like https://chat.example.com.');
        }
        if (isset($args['assertion_key'])) {
            $this->saveKey($args['assertion_key']);
        }

        require_once 'modules/Configurator/Configurator.php';
        $configurator = new Configurator();
        $configurator->loadConfig();
        $configurator->config['additional_js_config']['riverline']['url'] = $url;
        $configurator->config['additional_js_config']['riverline']['sign_in'] = $this->key() === '' ? 'token' : 'assertion';
        $configurator->saveConfig();

        require_once 'ModuleInstall/ModuleInstaller.php';
        ModuleInstaller::handleBaseConfig();
        return ['url' => $url, 'sign_in' => $this->key() === '' ? 'token' : 'assertion'];
    }

    /**
     * States who the caller is and what he may see of some records, for one use within a minute.
     *
     * @param ServiceBase $api
     * @param array $args {records?: [{module, id}]} or {module, record_id}
     * @return array {assertion}
     */
    public function assertion(ServiceBase $api, array $args)
    {
        $key = $this->key();
        if ($key === '') {
            throw new SugarApiExceptionNotFound('An administrator has to save the assertion key on the Riverline page.');
        }
        $now = time();
        $statement = [
            'aud' => $this->settings()['url'],
            'iat' => $now,
            'exp' => $now + self::ASSERTION_LIFE,
            'jti' => bin2hex(random_bytes(16)),
            'user' => $this->stateUser($api->user),
            'records' => $this->stateRecords($api, $args),
        ];
        $text = 'rla1.' . $this->base64url(json_encode($statement, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE));
        return ['assertion' => $text . '.' . $this->base64url(hash_hmac('sha256', $text, $key, true))];
    }

    private function stateUser($user)
    {
        return [
            'id' => (string) $user->id,
            'user_name' => (string) $user->user_name,
            'name' => trim($user->first_name . ' ' . $user->last_name),
            'title' => (string) $user->title,
            'department' => (string) $user->department,
            'picture' => (string) $user->picture,
            'status' => (string) $user->status,
            'time_zone' => (string) $user->getPreference('timezone'),
            'date_format' => (string) $user->getPreference('datef'),
            'time_format' => (string) $user->getPreference('timef'),
            'admin' => (bool) $user->isAdmin(),
            'is_group' => (bool) $user->is_group,
            'portal_only' => (bool) $user->portal_only,
        ];
    }

    /** Reads as the caller: what the roles or the teams hide from him is stated as not his to see. */
    private function stateRecords(ServiceBase $api, array $args)
    {
        $wanted = isset($args['records']) ? $args['records'] : [];
        if (isset($args['module'], $args['record_id'])) {
            $wanted = [['module' => $args['module'], 'id' => $args['record_id']]];
        }
        if (!is_array($wanted) || count($wanted) > self::MOST_RECORDS) {
            throw new SugarApiExceptionInvalidParameter('records is a list of at most ' . self::MOST_RECORDS . '.');
        }
        $stated = [];
        foreach ($wanted as $record) {
            $isOne = is_array($record) && isset($record['module'], $record['id'])
                && is_string($record['module']) && is_string($record['id']) && isset(self::$phoneFields[$record['module']]);
            if (!$isOne) {
                throw new SugarApiExceptionInvalidParameter('A record has a module with phone numbers and an id.');
            }
            $stated[] = ['module' => $record['module'], 'id' => $record['id']]
                + $this->stateRecord($api, $record['module'], $record['id']);
        }
        return $stated;
    }

    private function stateRecord(ServiceBase $api, $module, $id)
    {
        $hiddenRecord = ['phones' => null, 'country' => '', 'state' => '', 'checked' => []];
        try {
            $bean = $this->loadBean($api, ['module' => $module, 'record' => $id], 'view');
        } catch (SugarApiExceptionNotFound $hidden) {
            return $hiddenRecord;
        } catch (SugarApiExceptionNotAuthorized $hidden) {
            return $hiddenRecord;
        }
        $phones = [];
        foreach (self::$phoneFields[$module] as $field) {
            $value = $this->readable($bean, $field);
            if ($value !== '') {
                $phones[$field] = $value;
            }
        }
        return [
            'phones' => (object) $phones,
            'country' => $this->readable($bean, self::$addresses[$module] . '_country'),
            'state' => $this->readable($bean, self::$addresses[$module] . '_state'),
            'checked' => $this->checked($bean),
        ];
    }

    /** The service knows which checkbox forbids texts; this code does not. */
    private function checked($bean)
    {
        $checked = [];
        foreach ($bean->field_defs as $field => $definition) {
            $isCheckbox = isset($definition['type']) && $definition['type'] === 'bool';
            if ($isCheckbox && in_array($this->readable($bean, $field), ['1', 'true'], true)) {
                $checked[] = $field;
            }
        }
        return $checked;
    }

    private function readable($bean, $field)
    {
        return isset($bean->$field) && $bean->ACLFieldAccess($field, 'read') ? trim((string) $bean->$field) : '';
    }

    private function base64url($bytes)
    {
        return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
    }

    /** Not among the settings that browsers read: whoever has the key can speak for any user. */
    private function key()
    {
        $administration = BeanFactory::newBean('Administration');
        $administration->retrieveSettings('riverline', true);
        $settings = $administration->settings;
        return isset($settings['riverline_assertion_key']) ? (string) $settings['riverline_assertion_key'] : '';
    }

    private function saveKey($key)
    {
        if (!is_string($key) || ($key !== '' && !preg_match('~^[A-Za-z0-9._\~\-]{32,128}$~D', $key))) {
            throw new SugarApiExceptionInvalidParameter('The key has 32 to 128 letters and digits; riverline assertion-key makes one.');
        }
        BeanFactory::newBean('Administration')->saveSetting('riverline', 'assertion_key', $key);
    }

    private function settings()
    {
        $settings = SugarConfig::getInstance()->get('additional_js_config.riverline');
        $settings = is_array($settings) ? $settings : [];
        return [
            'url' => isset($settings['url']) ? (string) $settings['url'] : '',
            'sign_in' => isset($settings['sign_in']) ? (string) $settings['sign_in'] : 'token',
        ];
    }

    private function requireAdmin(ServiceBase $api)
    {
        if (!$api->user->isAdmin()) {
            throw new SugarApiExceptionNotAuthorized('Only administrators may change where Riverline is.');
        }
    }
}
