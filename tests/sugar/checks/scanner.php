<?php

/** What the Module Loader refuses: reference sections 4.1, 4.2 and 4.4. Every refusal is a sentence. */

declare(strict_types=1);

namespace Standin\Checks;

$refused = static function (Sugar $sugar, array $changes, string $sentence): void {
    $answer = $sugar->upload($sugar->zip($changes));
    Check::same('422 upload_package_error', $answer->error(), $answer->text);
    Check::contains($sentence, $answer->json['error_description']);
};
$manifest = static fn (Sugar $sugar, string $from, string $to): array => ['manifest.php' => str_replace($from, $to, $sugar->fixture('manifest.php'))];

return [
    'manifests' => static function (Sugar $sugar) use ($refused, $manifest): void {
        $refused($sugar, ['manifest.php' => null], 'has no manifest.php');
        $refused($sugar, $manifest($sugar, "'id' => 'fixture',\n    'copy'", "'copy'"), 'needs an "id"');
        $refused($sugar, $manifest($sugar, "'1.0.0'", "'1.0'"), 'not a semantic version');
        $refused($sugar, $manifest($sugar, '^14', '^13'), 'not compatible with this version of Sugar: 14.0.0');
        $refused($sugar, $manifest($sugar, '^14', '(14'), 'not a regular expression');
        $refused($sugar, $manifest($sugar, "['ENT']", "['PRO']"), 'not compatible with this edition of Sugar: ENT');
        $refused($sugar, $manifest($sugar, 'A tiny', 'A "tiny"'), 'quotation marks');
        $refused($sugar, $manifest($sugar, "'copy' =>", "'vardefs' => [['from' => '<basepath>/x.php']], 'copy' =>"), 'does not know the installdefs key "vardefs"');
    },
    'targets outside custom/ and sources outside the package' => static function (Sugar $sugar) use ($refused, $manifest): void {
        $refused($sugar, $manifest($sugar, "'to' => 'custom'", "'to' => 'include/x.php'"), 'not below custom/');
        $refused($sugar, $manifest($sugar, "'to' => 'custom'", "'to' => 'custom/../x'"), 'not below custom/');
        $refused($sugar, $manifest($sugar, '<basepath>/custom', '<basepath>/nothing'), 'not in the package');
        $refused($sugar, $manifest($sugar, '<basepath>/custom', '<basepath>/../x'), 'stay inside the package');
    },
    'file types' => static function (Sugar $sugar) use ($refused): void {
        foreach (['custom/x.svg', 'custom/x.json', 'README.md', 'custom/.htaccess'] as $file) {
            $refused($sugar, [$file => 'x'], "$file: files of the type");
        }
    },
    'code' => static function (Sugar $sugar) use ($refused): void {
        foreach ([
            'file_get_contents("x");' => 'denied function file_get_contents()',
            '\exec("x");' => 'denied function \exec()',
            'echo `ls`;' => 'backticks',
            'eval("1;");' => 'denied function eval()',
            '$f = "x"; $f("y");' => 'name is in a variable',
            '$a["f"]("y");' => 'name is in a variable',
            'curl_init();' => 'denied function curl_init()',
            'array_map(null, []);' => 'denied function array_map()',
            'new ReflectionClass("x");' => 'denied class ReflectionClass',
            'SugarAutoLoader::put("x");' => 'denied method put()',
            'include $x;' => 'include of something else',
            'require_once "../x.php";' => 'include of something else',
            'if (' => 'not valid PHP',
        ] as $code => $sentence) {
            $refused($sugar, ['custom/x.php' => "<?php\n$code"], "custom/x.php, line 2: ");
            $refused($sugar, ['custom/x.php' => "<?php\n$code"], $sentence);
        }
    },
    'what only looks like it passes' => static function (Sugar $sugar): void {
        $fine = '<?php class X { public function exec($o) { if (true) { ($o); } $o->exec(1); return array(1)[0]; } } '
            . '// eval(1)' . "\n" . '$s = "file_get_contents(x)"; foreach ([1] as $i) { strlen("x"); } while (false) { (1); }';
        Check::same(200, $sugar->upload($sugar->zip(['scripts/x.php' => $fine]))->status);
    },
    'not a zip' => static function (Sugar $sugar): void {
        $file = $sugar->folder . '/not.zip';
        file_put_contents($file, 'hello');
        Check::contains('not a zip archive', $sugar->upload($file)->json['error_description']);
    },
    'an extension that breaks the rebuild, and a script that fails, take the package out again' => static function (Sugar $sugar): void {
        foreach ([
            ['custom/Extension/application/Ext/Platforms/fixture.php' => "<?php\ndeclare(strict_types=1);\n\$platforms[] = 'x';\n?>\nnot php"],
            ['scripts/post_install.php' => '<?php throw new Exception("no luck");'],
        ] as $changes) {
            $id = $sugar->upload($sugar->zip($changes))->json['file_install'] ?? '';
            $answer = $sugar->rest('GET', "/Administration/packages/$id/install", null, 'admin');
            Check::same('422 upload_package_error', $answer->error(), $answer->text);
            Check::same([], $sugar->rest('GET', '/Administration/packages/installed', null, 'admin')->json['packages']);
            Check::same(404, $sugar->http('GET', '/custom/include/javascript/fixture.js')->status);
        }
    },
];
