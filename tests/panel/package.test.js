// What Sugar's loaders, scanner and minifier ask of the files that are shipped.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const {execFileSync} = require('node:child_process');
const acorn = require('acorn');
const Handlebars = require('handlebars');
const {PACKAGE, files, scripts, words} = require('./support/load');

const read = file => fs.readFileSync(file, 'utf8');
const named = file => path.relative(PACKAGE, file);
const isComponent = file => /clients\/base\/(views|layouts|fields)\//.test(file);

test('every script is ES5', () => {
    for (const file of files('.js')) {
        assert.doesNotThrow(() => acorn.parse(read(file), {ecmaVersion: 5}), named(file));
    }
});

test('a component file is one object literal', () => {
    const components = files('.js').filter(isComponent);
    assert.ok(components.length >= 8);
    for (const file of components) {
        const {body} = acorn.parse(read(file), {ecmaVersion: 5});
        assert.equal(body.length, 1, named(file));
        assert.equal(body[0].type, 'ExpressionStatement', named(file));
        assert.equal(body[0].expression.type, 'ObjectExpression', named(file));
    }
});

test('a component has the name of its folder', () => {
    for (const file of files('.js').filter(isComponent)) {
        assert.equal(path.basename(file, '.js'), path.basename(path.dirname(file)), named(file));
    }
});

test('the grouping names every headless script once', () => {
    const there = fs.readdirSync(path.join(PACKAGE, 'custom/include/riverline')).map(name => path.basename(name, '.js'));
    assert.deepEqual(scripts().sort(), there.sort());
});

test('a start-up script ends its last statement', () => {
    for (const name of scripts()) {
        assert.match(read(path.join(PACKAGE, `custom/include/riverline/${name}.js`)).trimEnd(), /;$/, name);
    }
});

test('no regular expression stands where an old minifier takes it for a division', () => {
    for (const file of files('.js')) {
        for (const token of acorn.tokenizer(read(file), {ecmaVersion: 5})) {
            if (token.type.label === 'regexp') {
                assert.doesNotMatch(read(file).slice(0, token.start).trimEnd(), /[)}\]]$/, named(file));
            }
        }
    }
});

test('templates escape everything and compile', () => {
    for (const file of files('.hbs')) {
        assert.doesNotMatch(read(file), /\{\{\{|\{\{&/, named(file));
        assert.doesNotThrow(() => Handlebars.precompile(read(file)), named(file));
    }
});

test('templates use only helpers that every release has', () => {
    const allowed = ['str', 'if', 'each', 'unless', 'eq', 'field'];
    const visit = (node, file) => {
        if (!node || typeof node !== 'object') {
            return;
        }
        if (['MustacheStatement', 'BlockStatement', 'SubExpression'].includes(node.type) && (node.params.length || node.hash)) {
            assert.ok(allowed.includes(node.path.original), `${named(file)}: ${node.path.original}`);
        }
        Object.values(node).forEach(child => Array.isArray(child) ? child.forEach(one => visit(one, file)) : visit(child, file));
    };
    files('.hbs').forEach(file => visit(Handlebars.parse(read(file)), file));
});

test('PHP is valid', () => {
    for (const file of files('.php')) {
        assert.doesNotThrow(() => execFileSync('php', ['-l', file], {stdio: 'pipe'}), named(file));
    }
});

test('every word that is used is defined, and every defined one is used', () => {
    const defined = new Set(Object.keys(words()));
    const sources = files('.js', '.hbs', '.php').filter(file => !file.includes('/Ext/Language/')).map(read).join('\n');
    const built = ['LBL_RL_PRESENCE_', 'LBL_RL_STATE_', 'LBL_RL_GROUP_', 'LBL_RL_NOTE_', 'LBL_RL_PHONE_', 'LBL_RL_WITHOUT_'];
    const module = read(path.join(PACKAGE, 'custom/Extension/modules/Administration/Ext/Language/en_us.riverline.php'));
    for (const key of new Set(sources.match(/LBL_RL_\w+/g))) {
        const isKnown = defined.has(key) || built.includes(key) || module.includes(`'${key}'`);
        assert.ok(isKnown, `${key} is used and not defined`);
    }
    for (const key of defined) {
        const isUsed = sources.includes(`'${key}'`) || built.some(prefix => key.startsWith(prefix));
        assert.ok(isUsed, `${key} is defined and not used`);
    }
});

test('only files that the package scanner lets in', () => {
    const everything = fs.readdirSync(PACKAGE, {recursive: true, withFileTypes: true}).filter(entry => entry.isFile())
        .map(entry => path.relative(PACKAGE, path.join(entry.parentPath || entry.path, entry.name)))
        .filter(file => !file.startsWith('docs/'));
    for (const file of everything) {
        assert.match(file, /\.(php|js|hbs|txt)$/);
    }
});

test('no secret and no address is built in', () => {
    for (const file of files('.js', '.php', '.hbs')) {
        const addresses = (read(file).match(/(https?|wss?):\/\/\w[\w.-]*/g) || []).filter(found => !found.includes('chat.example.com'));
        assert.deepEqual(addresses, [], named(file));
    }
});

test('the buttons of a record get the SMS icon once, also when the file runs twice or finds none', () => {
    for (const module of ['Contacts', 'Leads', 'Accounts', 'Prospects']) {
        const file = path.join(PACKAGE, `custom/Extension/modules/${module}/Ext/clients/base/views/record/riverline.php`);
        const run = (start, times) => {
            const code = `$viewdefs = json_decode(${JSON.stringify(JSON.stringify(start))}, true);` +
                `for ($i = 0; $i < ${times}; $i++) { include $argv[1]; }` +
                `echo json_encode(array_column($viewdefs["${module}"]["base"]["view"]["record"]["buttons"] ?? [], "name"));`;
            return JSON.parse(execFileSync('php', ['-r', code, '--', file], {encoding: 'utf8'}));
        };
        const record = buttons => ({[module]: {base: {view: {record: {buttons}}}}});
        assert.deepEqual(run(record([{name: 'edit_button'}, {name: 'sidebar_toggle'}]), 2), ['edit_button', 'riverline_sms_button', 'sidebar_toggle']);
        assert.deepEqual(run(record([{name: 'edit_button'}]), 1), ['edit_button', 'riverline_sms_button']);
        assert.deepEqual(run({}, 1), []);
    }
});
