<?php

/** What goes back: JSON for Sugar's REST, text for everything else. */

declare(strict_types=1);

namespace Standin\Rest;

final class Response
{
    /** @param array<string, string> $headers */
    public function __construct(
        public readonly int $status,
        public readonly string $body,
        public readonly array $headers = ['Content-Type' => 'application/json; charset=UTF-8']
    ) {
    }

    public static function json(mixed $data, int $status = 200, array $headers = []): self
    {
        $flags = JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE | JSON_THROW_ON_ERROR;
        return new self($status, json_encode($data, $flags), $headers + ['Content-Type' => 'application/json; charset=UTF-8']);
    }

    public static function html(string $html, int $status = 200, array $headers = []): self
    {
        return new self($status, $html, $headers + ['Content-Type' => 'text/html; charset=UTF-8']);
    }

    public static function error(ApiError $error): self
    {
        return self::json($error->payload(), $error->status);
    }

    public function send(): void
    {
        http_response_code($this->status);
        foreach ($this->headers as $name => $value) {
            header("$name: $value");
        }
        echo $this->body;
    }
}
