<?php

/** The front of /rest/: faults, version, who calls, arguments, the endpoint, and every error in Sugar's envelope. */

declare(strict_types=1);

namespace Standin\Rest;

use Standin\Control\Counters;
use Standin\Control\Faults;
use Standin\Control\Refused;
use Standin\Control\Switches;
use Standin\Data\User;
use Standin\Instance\Instance;
use Standin\OAuth\Sessions;

final class Rest
{
    private readonly Switches $switches;
    private readonly Refused $refused;

    public function __construct(private readonly Instance $instance)
    {
        $this->switches = new Switches($instance->db());
        $this->refused = new Refused($instance->db());
    }

    public function handle(Request $request): Response
    {
        ApiError::$translated = (bool) $this->switches->value('translated');
        $faults = new Faults($this->instance, $this->switches);
        $path = (string) preg_replace('#^/rest/v[^/]+#', '', $request->path);
        return $faults->before($request, $path)
            ?? $faults->after($request, $path, $this->answer($request));
    }

    /** A request inside, for a user who needs no token: parts of /bulk, writes that are stored late. */
    public function handleAs(User $user, Request $request, string $platform = 'base'): Response
    {
        return $this->answer($request, $user, $platform);
    }

    private function answer(Request $request, ?User $as = null, string $platform = 'base'): Response
    {
        try {
            return $this->dispatch($request, $as, $platform);
        } catch (ApiError $error) {
            if ($error->isUnlisted) {
                $this->refused->note($request, $error->getMessage());
            }
            return Response::error($error);
        } catch (\SugarApiException $e) {
            return Response::json(['error' => $e->errorLabel, 'error_message' => $e->getMessage()], $e->httpCode);
        } catch (\Throwable $e) {
            error_log('stand-in: ' . $e);
            return Response::error(ApiError::of('fatal_error'));
        }
    }

    private function dispatch(Request $request, ?User $as, string $platform): Response
    {
        if (!preg_match('#^/rest/v(\d+(?:[_.]\d+)?)(/.*)?$#', $request->path, $found)) {
            throw ApiError::unlisted('not_found');
        }
        $version = $found[1];
        $segments = array_values(array_filter(explode('/', $found[2] ?? ''), static fn (string $part): bool => $part !== ''));
        [$route, $vars] = (new Router((new Routes($this->instance))->all()))->find($request->method, $segments, $version);
        $this->count($request->method, $route, $vars);

        $token = '';
        $sessions = new Sessions($this->instance->db(), $this->switches);
        if ($as === null && empty($route['noLoginRequired'])) {
            $token = $sessions->tokenOf($request, !empty($route['allowTokenInQuery']));
            [$as, $platform] = $sessions->authenticate($token, $request);
        }
        if ($this->switches->value('maintenance') && !($as?->isAdmin) && empty($route['servesInMaintenance'])) {
            throw ApiError::of('maintenance');
        }
        $call = new Call($this->instance, $request, $this->switches, $version, $as, $platform, $token);
        (new Hashes($call))->check($route);
        return $this->run($route, $call, $this->arguments($request, $vars));
    }

    /** As "request GET /Contacts/?": without ids, which differ from run to run. */
    private function count(string $method, array $route, array $vars): void
    {
        $path = str_replace('<module>', $vars['module'] ?? '', implode('/', $route['path']));
        (new Counters($this->instance->db()))->add("request $method /$path");
    }

    private function run(array $route, Call $call, array $args): Response
    {
        $result = $route['handler']($call, $args);
        return $result instanceof Response ? $result : Response::json($result);
    }

    /** Query, then body, then path, as Sugar merges them. */
    private function arguments(Request $request, array $vars): array
    {
        $body = [];
        if ($request->isMultipart()) {
            $body = $request->form;
        } elseif ($request->body !== '' && !str_contains($request->path, '/file/')) {
            $body = $request->isJson() ? json_decode($request->body, true) : null;
            if (!is_array($body)) {
                $this->refused->note($request, 'A body that is not a JSON object.');
                // Without JSON Sugar sees no arguments at all; its token endpoint then misses grant_type.
                if (!str_ends_with($request->path, '/oauth2/token')) {
                    throw ApiError::of('invalid_parameter', 'The body is not a JSON object.');
                }
                $body = [];
            }
        }
        return $vars + $body + $request->query;
    }
}
