<?php

/** What `serve` does before the server starts: create the instance, install the package, tell it where Riverline is. */

declare(strict_types=1);

namespace Standin\Instance;

use Standin\Data\Seed;
use Standin\Data\User;
use Standin\Loader\Archive;
use Standin\Loader\Manifest;
use Standin\Loader\ModuleLoader;
use Standin\Rest\Request;
use Standin\Rest\Rest;

final class Launch
{
    /** The package's own admin endpoint and the name of its one setting. */
    private const SETTINGS = '/rest/v11_24/riverline/settings';

    /** @param array<string, string> $options of the command line */
    public function __construct(private readonly array $options)
    {
    }

    public function prepare(): void
    {
        $instance = Instance::open($this->options['data'], $this->options['sugar-version'] ?? '14.0.0', $this->options['flavor'] ?? 'ENT');
        if (isset($this->options['mode'])) {
            $instance->saveSetting('standin', 'mode', $this->options['mode']);
        }
        if (isset($this->options['zip'])) {
            $this->install($instance, $this->options['zip']);
        }
        if (isset($this->options['riverline-url'])) {
            $this->pointAt($instance, $this->options['riverline-url']);
        }
        if (isset($this->options['contacts'])) {
            $this->contacts($instance, (int) $this->options['contacts']);
        }
    }

    /** The same zip again changes nothing; another build of the same version replaces it. */
    private function install(Instance $instance, string $zip): void
    {
        if (!is_file($zip)) {
            throw new \RuntimeException("There is no file $zip.");
        }
        $loader = new ModuleLoader($instance);
        $hash = Archive::hash($zip);
        if ($instance->db()->value("SELECT 1 FROM packages WHERE id = ? AND status = 'installed'", [$hash]) !== null) {
            return;
        }
        $folder = Archive::unpack($instance, $zip);
        $before = $loader->installed(Manifest::read($folder)->id());
        if ($before !== null) {
            $loader->uninstall($before['id']);
        }
        $loader->install($loader->stage($zip));
    }

    private function pointAt(Instance $instance, string $url): void
    {
        $instance->saveSetting('standin', 'riverline_url', $url);
        if ($instance->db()->value("SELECT 1 FROM packages WHERE status = 'installed'") === null) {
            return;
        }
        $admin = User::byName($instance->db(), 'admin');
        $answer = (new Rest($instance))->handleAs($admin, Request::internal('PUT', self::SETTINGS, ['url' => $url]));
        if ($answer->status !== 200) {
            throw new \RuntimeException('PUT ' . self::SETTINGS . " answered {$answer->status}: {$answer->body}");
        }
    }

    private function contacts(Instance $instance, int $count): void
    {
        if ((int) $instance->db()->value("SELECT count(*) FROM contacts WHERE id LIKE 'bulk%'") === 0) {
            (new Seed($instance->db()))->bulkContacts($count);
        }
    }
}
