<?php

/** What the checks talk through: one stand-in on a free port, and a small HTTP client for it. */

declare(strict_types=1);

namespace Standin\Checks;

final class Sugar
{
    public readonly string $url;
    public readonly string $folder;
    private readonly mixed $process;
    /** @var array<string, string> */
    private array $tokens = [];

    public function __construct(array $options = [])
    {
        $this->folder = sys_get_temp_dir() . '/standin-check-' . bin2hex(random_bytes(6));
        mkdir($this->folder);
        $port = self::freePort();
        $this->url = "http://127.0.0.1:$port";
        // With so short a time-out every check also shows that the stand-in outlives it.
        $php = [PHP_BINARY, '-d', 'default_socket_timeout=1'];
        $command = [...$php, dirname(__DIR__) . '/serve', "--port=$port", "--data={$this->folder}/data", '--workers=4', ...$options];
        $this->process = proc_open($command, [['file', '/dev/null', 'r'], ['file', "{$this->folder}/log", 'w'], ['file', "{$this->folder}/log", 'a']], $pipes);
        // So long only on a busy machine.
        for ($i = 0; $i < 1200 && proc_get_status($this->process)['running']; $i++) {
            if (@file_get_contents($this->url . '/config.js') !== false) {
                return;
            }
            usleep(50_000);
        }
        throw new \RuntimeException('The stand-in did not start: ' . file_get_contents("{$this->folder}/log"));
    }

    public function stop(): void
    {
        proc_terminate($this->process);
        proc_close($this->process);
        exec('rm -r ' . escapeshellarg($this->folder));
    }

    /** A call to /rest/v11_24 as a user (logged in on the platform "base" when that has to be), or without a token. */
    public function rest(string $method, string $path, mixed $data = null, ?string $as = 'sally', array $headers = []): Answer
    {
        $headers += ['Content-Type' => 'application/json'] + ($as === null ? [] : ['OAuth-Token' => $this->tokenOf($as)]);
        return $this->http($method, "/rest/v11_24$path", $data === null || is_string($data) ? $data : json_encode($data), $headers);
    }

    public function http(string $method, string $path, ?string $body = null, array $headers = []): Answer
    {
        $lines = array_map(static fn (string $name): string => "$name: {$headers[$name]}", array_keys($headers));
        $http = ['method' => $method, 'header' => $lines, 'content' => $body ?? '', 'ignore_errors' => true, 'timeout' => 20];
        $text = @file_get_contents($this->url . $path, false, stream_context_create(['http' => $http]));
        return new Answer($text === false ? '' : $text, $http_response_header ?? []);
    }

    public function login(string $user, string $platform = 'base', ?string $password = null): Answer
    {
        return $this->token(['grant_type' => 'password', 'username' => $user, 'password' => $password ?? $user, 'platform' => $platform]);
    }

    public function refresh(string $token): Answer
    {
        return $this->token(['grant_type' => 'refresh_token', 'refresh_token' => $token]);
    }

    public function switch(string $name, mixed $value, array $more = []): void
    {
        $answer = $this->http('POST', '/__standin/switch', json_encode(['name' => $name, 'value' => $value] + $more));
        Check::same(200, $answer->status, "switch $name: {$answer->text}");
    }

    /** A clean instance for the next check; what packages installed stays. */
    public function reset(): void
    {
        $this->http('POST', '/__standin/reset');
        $this->tokens = [];
    }

    /** Uploads and installs a package folder, changed by $change first. */
    public function upload(string $zip): Answer
    {
        $boundary = 'b' . bin2hex(random_bytes(8));
        $body = "--$boundary\r\nContent-Disposition: form-data; name=\"upgrade_zip\"; filename=\"package.zip\"\r\n"
            . "Content-Type: application/zip\r\n\r\n" . file_get_contents($zip) . "\r\n--$boundary--\r\n";
        return $this->http('POST', '/rest/v11_24/Administration/packages', $body, [
            'Content-Type' => "multipart/form-data; boundary=$boundary", 'OAuth-Token' => $this->tokenOf('admin'),
        ]);
    }

    /** @param array<string, string|null> $changes file => new content, null to leave it out */
    public function zip(array $changes = []): string
    {
        $root = __DIR__ . '/fixture';
        $files = [];
        foreach (new \RecursiveIteratorIterator(new \RecursiveDirectoryIterator($root, \FilesystemIterator::SKIP_DOTS)) as $file) {
            $files[substr($file->getPathname(), strlen($root) + 1)] = (string) file_get_contents($file->getPathname());
        }
        $zip = new \ZipArchive();
        $name = $this->folder . '/package-' . bin2hex(random_bytes(4)) . '.zip';
        $zip->open($name, \ZipArchive::CREATE);
        foreach ($changes + $files as $file => $content) {
            if ($content !== null) {
                $zip->addFromString($file, $content);
            }
        }
        $zip->close();
        return $name;
    }

    public function fixture(string $file): string
    {
        return (string) file_get_contents(__DIR__ . "/fixture/$file");
    }

    private function token(array $body): Answer
    {
        return $this->rest('POST', '/oauth2/token', $body + ['client_id' => 'sugar', 'client_secret' => ''], null);
    }

    private function tokenOf(string $user): string
    {
        return $this->tokens[$user] ??= $this->login($user)->json['access_token'];
    }

    private static function freePort(): int
    {
        $socket = stream_socket_server('tcp://127.0.0.1:0');
        $port = (int) substr((string) strrchr((string) stream_socket_get_name($socket, false), ':'), 1);
        fclose($socket);
        return $port;
    }
}
