<?php

/** One HTTP request, from the web server or made inside (bulk parts, late writes, set-up). */

declare(strict_types=1);

namespace Standin\Rest;

final class Request
{
    /**
     * @param string $path without the query, for example "/rest/v11_24/Notes"
     * @param array<string, mixed> $query
     * @param array<string, string> $headers lower-case names
     * @param array<string, array> $files as in $_FILES
     */
    public function __construct(
        public readonly string $method,
        public readonly string $path,
        public readonly array $query = [],
        public readonly array $headers = [],
        public readonly string $body = '',
        public readonly string $clientIp = '127.0.0.1',
        public readonly array $files = [],
        public readonly array $form = []
    ) {
    }

    public static function fromServer(): self
    {
        $headers = [];
        foreach (getallheaders() as $name => $value) {
            $headers[strtolower((string) $name)] = $value;
        }
        return new self(
            $_SERVER['REQUEST_METHOD'],
            rawurldecode((string) parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH)),
            $_GET,
            $headers,
            (string) file_get_contents('php://input'),
            $_SERVER['REMOTE_ADDR'] ?? '',
            $_FILES,
            $_POST
        );
    }

    /** A request made inside; $url is a path with an optional query. */
    public static function internal(string $method, string $url, mixed $data = null, array $headers = []): self
    {
        parse_str((string) parse_url($url, PHP_URL_QUERY), $query);
        $body = match (true) {
            $data === null => '',
            is_string($data) => $data,
            default => (string) json_encode($data),
        };
        if ($body !== '') {
            $headers += ['content-type' => 'application/json'];
        }
        return new self($method, rawurldecode((string) parse_url($url, PHP_URL_PATH)), $query, $headers, $body);
    }

    public function header(string $name): string
    {
        return $this->headers[strtolower($name)] ?? '';
    }

    public function isJson(): bool
    {
        return str_starts_with(strtolower($this->header('content-type')), 'application/json');
    }

    public function isMultipart(): bool
    {
        return str_starts_with(strtolower($this->header('content-type')), 'multipart/form-data');
    }
}
