<?php

/**
 * Loads the stand-in's classes. `Standin\Rest\Router` lives in src/Rest/Router.php; the look-alikes of
 * Sugar's own global classes (SugarApi, Administration, ...) live in src/lookalikes, one class per file.
 */

declare(strict_types=1);

spl_autoload_register(static function (string $class): void {
    $file = str_starts_with($class, 'Standin\\')
        ? __DIR__ . '/' . strtr(substr($class, strlen('Standin\\')), '\\', '/') . '.php'
        : __DIR__ . '/lookalikes/' . (str_starts_with($class, 'SugarApiException') ? 'SugarApiException' : $class) . '.php';
    if (!str_contains($class, "\0") && is_file($file)) {
        require_once $file;
    }
});
