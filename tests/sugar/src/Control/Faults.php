<?php

/** What can go wrong on the way: late, never, not JSON, too much, stored without an answer, stored late. */

declare(strict_types=1);

namespace Standin\Control;

use Standin\Instance\Instance;
use Standin\OAuth\Sessions;
use Standin\Rest\ApiError;
use Standin\Rest\Request;
use Standin\Rest\Response;

final class Faults
{
    private const BAD_GATEWAY = "<html>\n<head><title>502 Bad Gateway</title></head>\n<body><h1>502 Bad Gateway</h1></body>\n</html>\n";
    private const TIME_OUT = "<html>\n<head><title>504 Gateway Time-out</title></head>\n<body><h1>504 Gateway Time-out</h1></body>\n</html>\n";

    public function __construct(private readonly Instance $instance, private readonly Switches $switches)
    {
    }

    /** Before the endpoint runs; a response here means that it does not run. */
    public function before(Request $request, string $path): ?Response
    {
        (new LateWrites($this->instance))->runDue();
        if ($wait = (int) $this->switches->use('latency_ms', $path)) {
            usleep($wait * 1000);
        }
        $this->hang($path);
        if ($seconds = (int) $this->switches->use('rate_limit', $path)) {
            return Response::html('Too many requests', 429, ['Retry-After' => (string) $seconds]);
        }
        if ($this->switches->use('html_502', $path)) {
            return Response::html(self::BAD_GATEWAY, 502);
        }
        if ($this->switches->use('fatal_error', $path)) {
            return Response::error(ApiError::of('fatal_error'));
        }
        if ($bytes = (int) $this->switches->use('huge_answer', $path)) {
            return Response::json(['filler' => str_repeat('x', $bytes)]);
        }
        return $this->storeLate($request, $path);
    }

    /** After the endpoint ran: the answer may get lost although everything is stored. */
    public function after(Request $request, string $path, Response $response): Response
    {
        if ($response->status !== 200 || !$this->isNoteWrite($request, $path)) {
            return $response;
        }
        return match ($this->switches->use('drop_after_store', $path)) {
            true, '502' => Response::html(self::BAD_GATEWAY, 502),
            // Announces more than it sends: the client sees the connection end inside the body.
            'broken' => new Response(200, '{', ['Content-Type' => 'application/json', 'Content-Length' => '4096']),
            default => $response,
        };
    }

    /** The caller is told "time-out" at once; the record appears when its time has come. */
    private function storeLate(Request $request, string $path): ?Response
    {
        if (!$this->isNoteCreate($request, $path)) {
            return null;
        }
        $seconds = (int) $this->switches->use('store_late', $path);
        if ($seconds === 0) {
            return null;
        }
        $sessions = new Sessions($this->instance->db(), $this->switches);
        try {
            [$user] = $sessions->authenticate($sessions->tokenOf($request, false), $request);
        } catch (ApiError $error) {
            return Response::error($error);
        }
        (new LateWrites($this->instance))->add($user, $request, $seconds);
        return Response::html(self::TIME_OUT, 504);
    }

    private function isNoteWrite(Request $request, string $path): bool
    {
        $isChange = $request->method === 'PUT' && (bool) preg_match('#^/Notes/[^/]+$#', $path);
        return $isChange || $this->isNoteCreate($request, $path);
    }

    private function isNoteCreate(Request $request, string $path): bool
    {
        return $request->method === 'POST' && (bool) preg_match('#^/(Notes|[A-Z]\w+/[^/]+/link/notes)/?$#', $path);
    }

    private function hang(string $path): void
    {
        $until = microtime(true) + (float) $this->switches->use('hang', $path);
        while (microtime(true) < $until) {
            usleep(100_000);
            $this->switches->refresh();
            if (!$this->switches->value('hang')) {
                return;
            }
        }
    }
}
