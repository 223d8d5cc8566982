<?php

/**
 * Checks the stand-in against what reference/sugar-server.md says. Run: php tests/sugar/test.php [part of a name]
 * Each file in checks/ named after a subject returns its checks as name => function.
 */

declare(strict_types=1);

namespace Standin\Checks;

foreach (['Answer', 'Check', 'Sugar'] as $class) {
    require __DIR__ . "/checks/$class.php";
}

$passed = $failed = 0;
$sugar = new Sugar();
try {
    foreach (['oauth', 'records', 'notes', 'faults', 'packages', 'scanner', 'page'] as $subject) {
        foreach (require __DIR__ . "/checks/$subject.php" as $name => $check) {
            if (isset($argv[1]) && !str_contains("$subject: $name", $argv[1])) {
                continue;
            }
            $sugar->reset();
            try {
                $check($sugar);
                $passed++;
            } catch (\Throwable $e) {
                $failed++;
                echo "FAIL $subject: $name\n      {$e->getMessage()} ({$e->getLine()})\n";
            }
        }
    }
} finally {
    $sugar->stop();
}
echo "$passed passed, $failed failed\n";
exit($failed === 0 && $passed > 0 ? 0 : 1);
