<?php

/** One HTTP answer. */

declare(strict_types=1);

namespace Standin\Checks;

final class Answer
{
    public readonly int $status;
    public readonly mixed $json;
    /** @var array<string, string> */
    public readonly array $headers;

    /** @param list<string> $lines the status line and the headers, as PHP hands them over */
    public function __construct(public readonly string $text, array $lines)
    {
        $this->status = (int) (explode(' ', $lines[0] ?? '')[1] ?? 0);
        $headers = [];
        foreach (array_slice($lines, 1) as $line) {
            [$name, $value] = explode(':', $line, 2) + [1 => ''];
            $headers[strtolower($name)] = trim($value);
        }
        $this->headers = $headers;
        $this->json = json_decode($text, true);
    }

    /** "401 invalid_grant", or only the status where there is no error. */
    public function error(): string
    {
        return trim($this->status . ' ' . ($this->json['error'] ?? ''));
    }
}
