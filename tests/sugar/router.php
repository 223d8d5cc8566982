<?php

/** Front door of the stand-in under PHP's built-in web server; `serve` starts it and says where the instance is. */

declare(strict_types=1);

require __DIR__ . '/src/autoload.php';

use Standin\Control\ControlApi;
use Standin\Instance\Instance;
use Standin\Page\Site;
use Standin\Rest\Request;
use Standin\Rest\Rest;

$instance = Instance::open((string) getenv('STANDIN_DATA'));
$request = Request::fromServer();
$front = match (true) {
    str_starts_with($request->path, '/rest/') => new Rest($instance),
    str_starts_with($request->path, '/__standin/') => new ControlApi($instance),
    default => new Site($instance),
};
$front->handle($request)->send();
