<?php

/** /bulk: several requests in one, in order; one failure does not stop the others and the outer status stays 200. */

declare(strict_types=1);

namespace Standin\Api;

use Standin\Rest\ApiError;
use Standin\Rest\Call;
use Standin\Rest\Request;
use Standin\Rest\Rest;

final class BulkApi
{
    public function routes(): array
    {
        return [['POST', '/bulk', 'bulk', []]];
    }

    public function bulk(Call $call, array $args): array
    {
        if (!is_array($args['requests'] ?? null)) {
            throw ApiError::of('missing_parameter');
        }
        $rest = new Rest($call->instance);
        $answers = [];
        foreach ($args['requests'] as $part) {
            $url = (string) ($part['url'] ?? '');
            $data = $part['data'] ?? null;
            if (!preg_match('#^/?v\d#', $url) || ($data !== null && !is_string($data))) {
                throw ApiError::of('invalid_parameter', 'A bulk request needs a url that starts with the version, and data as JSON text.');
            }
            $request = Request::internal(
                strtoupper((string) ($part['method'] ?? 'GET')),
                '/rest/' . ltrim($url, '/'),
                $data,
                $this->headers((array) ($part['headers'] ?? []))
            );
            $response = $rest->handleAs($call->me(), $request, $call->platform);
            $answers[] = [
                'contents' => json_decode($response->body),
                'headers' => (object) [],
                'status' => $response->status,
                'status_text' => $response->status === 200 ? 'OK' : 'Error',
            ];
        }
        return $answers;
    }

    private function headers(array $lines): array
    {
        $headers = [];
        foreach ($lines as $line) {
            [$name, $value] = explode(':', (string) $line, 2) + [1 => ''];
            $headers[strtolower(trim($name))] = trim($value);
        }
        return $headers;
    }
}
