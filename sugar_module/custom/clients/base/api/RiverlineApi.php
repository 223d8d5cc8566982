<?php
/** REST of the package: the one setting that Sugar keeps, the address of the service. Administrators change it. */
class RiverlineApi extends SugarApi
{
    /** The package's, as in the manifest: the service compares it with its own. */
    const VERSION = '0.1.0';

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
        ];
    }

    /**
     * @param ServiceBase $api
     * @param array $args
     * @return array {url, version}; nothing that every browser does not know
     */
    public function readSettings(ServiceBase $api, array $args)
    {
        return ['url' => $this->address(), 'version' => self::VERSION];
    }

    /**
     * Keeps the address where every browser finds it: it is public, also before the login.
     *
     * @param ServiceBase $api
     * @param array $args {url}; an empty one turns Riverline off
     * @return array {url}
     */
    public function saveSettings(ServiceBase $api, array $args)
    {
        $this->requireAdmin($api);
        $this->requireArgs($args, ['url']);
        $url = is_string($args['url']) ? rtrim(trim($args['url']), '/') : 'none';
        if ($url !== '' && !preg_match('~^https?://[A-Za-z0-9.\-]+(:[0-9]{1,5})?(/[A-Za-z0-9._\~/\-]*)?$~', $url)) {
            throw new SugarApiExceptionInvalidParameter('The address has to look like https://chat.example.com.');
        }

        require_once 'modules/Configurator/Configurator.php';
        $configurator = new Configurator();
        $configurator->loadConfig();
        $configurator->config['additional_js_config']['riverline']['url'] = $url;
        $configurator->saveConfig();

        require_once 'ModuleInstall/ModuleInstaller.php';
        ModuleInstaller::handleBaseConfig();
        return ['url' => $url];
    }

    private function address()
    {
        $settings = SugarConfig::getInstance()->get('additional_js_config.riverline');
        return is_array($settings) && isset($settings['url']) ? (string) $settings['url'] : '';
    }

    private function requireAdmin(ServiceBase $api)
    {
        if (!$api->user->isAdmin()) {
            throw new SugarApiExceptionNotAuthorized('Only administrators may change where Riverline is.');
        }
    }
}
