<?php

/** Reads the tokens of one PHP file and reports what Sugar's package scanner does not allow in a package. */

declare(strict_types=1);

namespace Standin\Loader;

use PhpToken;

final class CodeScanner
{
    private const FUNCTIONS = [
        // files
        'file_get_contents', 'file_put_contents', 'fopen', 'fwrite', 'fputs', 'fread', 'fclose', 'file', 'readfile', 'is_file', 'is_dir',
        'is_readable', 'is_writable', 'is_link', 'file_exists', 'filesize', 'filemtime', 'stat', 'unlink', 'rename', 'copy', 'mkdir', 'rmdir',
        'chmod', 'chown', 'chgrp', 'touch', 'tempnam', 'tmpfile', 'symlink', 'link', 'glob', 'opendir', 'readdir', 'scandir', 'dir', 'pathinfo',
        'parse_ini_file', 'move_uploaded_file', 'sugar_file_put_contents', 'sugar_fopen', 'sugar_touch', 'sugar_mkdir', 'sugar_rename',
        // processes
        'exec', 'system', 'passthru', 'shell_exec', 'proc_open', 'popen', 'pcntl_exec', 'pcntl_fork',
        // code from data
        'assert', 'create_function', 'call_user_func', 'call_user_func_array', 'func_overload', 'is_callable', 'extract', 'parse_str',
        'array_map', 'array_filter', 'array_walk', 'array_walk_recursive', 'array_reduce', 'usort', 'uasort', 'uksort',
        'preg_replace_callback', 'register_shutdown_function', 'ob_start', 'iterator_apply',
        // the machine
        'ini_set', 'set_time_limit', 'set_error_handler', 'set_exception_handler', 'spl_autoload_register', 'phpinfo', 'putenv', 'dl',
        'error_log', 'mail',
        // the network
        'fsockopen', 'pfsockopen', 'stream_socket_client', 'stream_socket_server', 'socket_create', 'simplexml_load_file', 'simplexml_load_string',
    ];
    private const FUNCTION_PREFIXES = ['curl_', 'ftp_'];
    private const CLASSES = ['ziparchive', 'splfileobject', 'splfileinfo', 'lua', 'pclzip', 'phar', 'directoryiterator'];
    private const CLASS_PREFIXES = ['reflection'];
    private const METHODS = ['setlevel', 'put', 'unlink', 'open', 'consume'];

    /** @return list<string> sentences, none when the file is fine */
    public function scan(string $file, string $code): array
    {
        try {
            $tokens = PhpToken::tokenize($code, TOKEN_PARSE);
        } catch (\ParseError $e) {
            return ["$file, line {$e->getLine()}: not valid PHP ({$e->getMessage()})."];
        }
        $tokens = array_values(array_filter($tokens, static fn (PhpToken $token): bool => !$token->isIgnorable()));
        $found = [];
        foreach ($tokens as $i => $token) {
            $problem = $this->problem($tokens, $i);
            if ($problem !== null) {
                $found[] = "$file, line {$token->line}: $problem.";
            }
        }
        return $found;
    }

    /** @param list<PhpToken> $tokens without blanks and comments */
    private function problem(array $tokens, int $i): ?string
    {
        $token = $tokens[$i];
        $next = $tokens[$i + 1] ?? null;
        if ($token->text === '`') {
            return 'backticks run a command';
        }
        if ($token->is(T_EVAL)) {
            return 'call of the denied function eval()';
        }
        if ($token->is([T_INCLUDE, T_INCLUDE_ONCE, T_REQUIRE, T_REQUIRE_ONCE])) {
            return $this->isPlainInclude($tokens, $i) ? null : 'include of something else than one plain relative file name';
        }
        if ($next?->text === '(' && ($token->is(T_VARIABLE) || in_array($token->text, [']', ')', '}'], true) || $token->is(T_CONSTANT_ENCAPSED_STRING))
            && $this->isCall($tokens, $i)) {
            return 'call of a function whose name is in a variable';
        }
        if (!$token->is([T_STRING, T_NAME_QUALIFIED, T_NAME_FULLY_QUALIFIED])) {
            return null;
        }
        $name = strtolower(ltrim($token->text, '\\'));
        $before = $tokens[$i - 1] ?? null;
        if ($before?->is([T_FUNCTION, T_CONST, T_CLASS])) {
            return null;
        }
        if ($before?->is([T_OBJECT_OPERATOR, T_NULLSAFE_OBJECT_OPERATOR, T_DOUBLE_COLON])) {
            return $next?->text === '(' && in_array($name, self::METHODS, true) ? "call of the denied method {$token->text}()" : null;
        }
        if ($this->isIn($name, self::CLASSES, self::CLASS_PREFIXES)) {
            return "use of the denied class {$token->text}";
        }
        $isCall = $next?->text === '(' && !$before?->is(T_NEW);
        return $isCall && $this->isIn($name, self::FUNCTIONS, self::FUNCTION_PREFIXES) ? "call of the denied function {$token->text}()" : null;
    }

    /** `$f(`, `$a['f'](` and `(..)(` call; `if (..) (` and `array(..)` do not. */
    private function isCall(array $tokens, int $i): bool
    {
        $token = $tokens[$i];
        if ($token->text === '}') {
            return false;
        }
        if ($token->text !== ')') {
            // `$object->$method(` is a call of a variable name as well; `new $class(` is not a function.
            return !($tokens[$i - 1] ?? null)?->is(T_NEW);
        }
        for ($depth = 0; $i >= 0; $i--) {
            $depth += $tokens[$i]->text === ')' ? 1 : ($tokens[$i]->text === '(' ? -1 : 0);
            if ($depth === 0) {
                break;
            }
        }
        return !($tokens[$i - 1] ?? null)?->is([T_IF, T_ELSEIF, T_WHILE, T_FOR, T_FOREACH, T_SWITCH, T_CATCH, T_MATCH]);
    }

    private function isPlainInclude(array $tokens, int $i): bool
    {
        $bracket = ($tokens[$i + 1] ?? null)?->text === '(' ? 1 : 0;
        $name = $tokens[$i + 1 + $bracket] ?? null;
        $end = $tokens[$i + 2 + 2 * $bracket] ?? null;
        return $name?->is(T_CONSTANT_ENCAPSED_STRING) && $end?->text === ';'
            && preg_match('#^[\'"](?!/)(?!.*\.\.)[\w./-]+\.php[\'"]$#', $name->text) === 1;
    }

    private function isIn(string $name, array $names, array $prefixes): bool
    {
        foreach ($prefixes as $prefix) {
            if (str_starts_with($name, $prefix)) {
                return true;
            }
        }
        return in_array($name, $names, true);
    }
}
