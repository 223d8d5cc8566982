<?php

/**
 * Runs PHP's web server with several workers, and makes sure that none of them outlives us: stopping only the first process of
 * the server would leave its workers on the port. So the server has a process group of its own, and a guard kills the group as
 * soon as the pipe from this process closes, however this process ended.
 */

declare(strict_types=1);

namespace Standin\Instance;

final class Processes
{
    /** @return int the exit code */
    public static function run(int $port, string $dataDir, int $workers, string $router): int
    {
        [$alive, $watched] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
        $server = self::fork(static function () use ($port, $dataDir, $workers, $router, $alive, $watched): void {
            fclose($alive);
            fclose($watched);
            self::becomeServer($port, $dataDir, $workers, $router);
        });
        posix_setpgid($server, $server);
        self::fork(static function () use ($server, $alive, $watched): void {
            fclose($alive);
            posix_setsid();
            // Each read gives up after PHP's default_socket_timeout, long before the stand-in is stopped.
            while (!feof($watched)) {
                fread($watched, 1);
            }
            posix_kill(-$server, SIGKILL);
        });
        fclose($watched);

        pcntl_async_signals(true);
        foreach ([SIGINT, SIGTERM, SIGHUP] as $signal) {
            // Without restarting the wait below, otherwise the handler would never get its turn.
            pcntl_signal($signal, static fn (): never => exit(0), false);
        }
        echo "Sugar stand-in at http://127.0.0.1:$port (log: $dataDir/server.log)\n";
        pcntl_waitpid($server, $status);
        fwrite(STDERR, "The web server ended:\n" . implode('', array_slice((array) file("$dataDir/server.log"), -3)));
        return 1;
    }

    private static function fork(callable $work): int
    {
        $pid = pcntl_fork();
        if ($pid === 0) {
            $work();
            exit(0);
        }
        return $pid;
    }

    private static function becomeServer(int $port, string $dataDir, int $workers, string $router): void
    {
        posix_setpgid(0, 0);
        // What is opened next takes the number of the stream just closed, and the server inherits it as its stderr.
        fclose(STDERR);
        $log = fopen("$dataDir/server.log", 'w');
        $settings = [];
        foreach ([
            'display_errors' => '0', 'log_errors' => '1', 'error_log' => '', 'html_errors' => '0', 'expose_php' => '0', 'date.timezone' => 'UTC',
            'upload_max_filesize' => '40M', 'post_max_size' => '50M', 'memory_limit' => '512M', 'max_execution_time' => '0', 'opcache.enable' => '0',
            'zend.exception_ignore_args' => '1',
        ] as $name => $value) {
            array_push($settings, '-d', "$name=$value");
        }
        pcntl_exec(PHP_BINARY, [...$settings, '-q', '-S', "127.0.0.1:$port", $router], [
            'STANDIN_DATA' => $dataDir, 'PHP_CLI_SERVER_WORKERS' => (string) $workers, 'PATH' => (string) getenv('PATH'),
        ]);
    }
}
