/*
 * Checks the browser half of the stand-in in a real Chromium: node checks/sidecar.mjs [part of a name]
 * Starts a stand-in of its own with the fixture package, prints "N passed, M failed".
 */
import assert from 'node:assert/strict';
import {execFileSync, spawn} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {chromium} from 'playwright-core';

const here = dirname(fileURLToPath(import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'standin-sidecar-'));
const zip = join(folder, 'fixture.zip');
execFileSync('php', ['-r', `
    $zip = new ZipArchive(); $zip->open($argv[1], ZipArchive::CREATE); $root = $argv[2];
    foreach (new RecursiveIteratorIterator(new RecursiveDirectoryIterator($root, FilesystemIterator::SKIP_DOTS)) as $file) {
        $zip->addFile($file->getPathname(), substr($file->getPathname(), strlen($root) + 1));
    }`, '--', zip, join(here, 'fixture')]);

const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const server = spawn(join(here, '..', 'serve'), ['--port', port, '--data', join(folder, 'data'), '--zip', zip, '--mode', 'host=footer'], {stdio: 'ignore'});
const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

const checks = {
    async 'a wrong password is refused in words, the right one leads to the page that was asked for'({page}) {
        await page.goto(`${url}/#Contacts/seed_gus_dales_id`);
        await fillLogin(page, 'sally', 'wrong');
        await page.waitForFunction(() => /valid username/.test(document.querySelector('.login-message').textContent));
        await fillLogin(page, 'sally', 'sally');
        await page.waitForSelector('h1 >> text=Gus Dales');
    },

    async 'events of the boot come in order, app:sync:complete again at every sync'({page}) {
        await page.addInitScript(() => {
            window.seen = [];
            document.addEventListener('DOMContentLoaded', () => SUGAR.App.events.on('all', name => window.seen.push(name)), {once: true});
        });
        // The page's scripts run before DOMContentLoaded, and the answers to its first requests after it.
        await logIn(page, 'sally');
        await page.evaluate(() => SUGAR.App.standin.resync());
        const seen = await page.evaluate(() => window.seen.filter(name => !/^(data:|app:view)/.test(name)));
        assert.deepEqual(seen, ['app:init', 'router:init', 'app:start', 'app:login:success', 'app:sync', 'app:sync:complete', 'app:sync', 'app:sync:complete']);
    },

    async 'a reload stays logged in, a logout tells others while the tokens still work'({page}) {
        await logIn(page, 'sally');
        await page.reload();
        await page.waitForSelector('tr[data-record-id]');
        assert.ok(await page.evaluate(() => localStorage.getItem('prod:SugarCRM:AuthAccessToken')));
        await page.evaluate(() => {
            const app = SUGAR.App;
            window.seen = [];
            app.events.on('app:logout app:logout:success', () => window.seen.push(app.api.isAuthenticated()));
        });
        await page.click('[data-user-menu]');
        await page.click('text=Log Out');
        await page.waitForSelector('.login-form');
        assert.deepEqual(await page.evaluate(() => window.seen), [true, false]);
        assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), []);
        assert.equal((await standin('counters'))['request POST /oauth2/logout'], 1);
    },

    async 'after a logout the next user sees nothing of the first'({page}) {
        await logIn(page, 'sally');
        await page.evaluate(() => SUGAR.App.router.navigate('logout', {trigger: true}));
        await logIn(page, 'jim', {stay: true});
        assert.match(await page.textContent('[data-user-menu]'), /Jim Brennan/);
        assert.equal(await page.locator('[data-view=help-button]').count(), 1);
    },

    async 'an evicted session ends at the login page'({page}) {
        await logIn(page, 'sally');
        await page.evaluate(() => SUGAR.App.events.on('app:logout', () => { window.loggedOut = (window.loggedOut || 0) + 1; }));
        await rest('POST', 'oauth2/token', {grant_type: 'password', username: 'sally', password: 'sally', client_id: 'sugar', client_secret: '', platform: 'base'});
        await page.click('[data-module=Notes]');
        await page.waitForSelector('.login-form');
        assert.match(await page.textContent('.login-message'), /session has ended/);
        assert.equal(await page.evaluate(() => window.loggedOut), 1);
    },

    async 'a dead token is refreshed once for all requests that wait for it, over tabs too'({page, context}) {
        await logIn(page, 'sally');
        const other = await context.newPage();
        await other.goto(`${url}/#Contacts`);
        await other.waitForSelector('tr[data-record-id]');
        await page.evaluate(() => localStorage.setItem('prod:SugarCRM:AuthAccessToken', '"dead"'));
        const ask = () => Promise.all([1, 2, 3].map(() => new Promise((success, error) => {
            const app = SUGAR.App;
            app.api.call('read', app.api.buildURL('Contacts', 'read', {id: 'seed_gus_dales_id'}), null, {success: record => success(record.name), error: error});
        })));
        const names = await Promise.all([page.evaluate(ask), other.evaluate(ask)]);
        assert.deepEqual(names.flat(), Array(6).fill('Gus Dales'));
        assert.equal((await standin('counters'))['refresh sally base'], 1);
    },

    async 'a refresh that fails calls every error, then the login page'({page}) {
        await logIn(page, 'sally');
        await turn('refuse_refresh', true);
        await page.evaluate(() => localStorage.setItem('prod:SugarCRM:AuthAccessToken', '"dead"'));
        const codes = await page.evaluate(() => Promise.all([1, 2].map(() => new Promise(done => {
            const app = SUGAR.App;
            let code;
            app.api.call('read', app.api.buildURL('ping'), null, {error: error => { code = error.code; }, complete: () => done(code)});
        }))));
        assert.deepEqual(codes, ['invalid_grant', 'invalid_grant']);
        await page.waitForSelector('.login-form');
    },

    async 'errors reach the caller as Sugar describes them'({page}) {
        await logIn(page, 'sally');
        const fail = (path, options) => page.evaluate(([path, options]) => new Promise(done => {
            const app = SUGAR.App;
            app.api.call('read', app.api.buildURL(path), null, {error: error => done(_.pick(error, 'status', 'code', 'textStatus'))}, options);
        }), [path, options]);
        assert.deepEqual(await fail('Contacts/nobody'), {status: 404, code: 'not_found', textStatus: 'error'});
        await turn('fatal_error', true, {times: 1});
        assert.deepEqual(await fail('Contacts'), {status: 500, code: 'fatal_error', textStatus: 'error'});
        await turn('html_502', true, {times: 1});
        assert.deepEqual(await fail('Contacts'), {status: 502, code: undefined, textStatus: 'error'});
        await turn('latency_ms', 800);
        assert.deepEqual(await fail('Contacts', {timeout: 100}), {status: 0, code: undefined, textStatus: 'timeout'});
        await turn('latency_ms', 0);
        assert.match(await page.evaluate(() => {
            try { return SUGAR.App.api.call('read', 'rest/v11_24/../secret'); } catch (error) { return error.message; }
        }), /may not contain/);
    },

    async 'addresses are put together as documented, long ones go through bulk'({page}) {
        await logIn(page, 'sally');
        assert.deepEqual(await page.evaluate(() => {
            const api = SUGAR.App.api;
            return [
                api.buildURL('riverline/settings'),
                api.buildURL('Contacts', 'read', {id: 'x'}, {fields: 'phone_mobile', none: null}),
                api.buildURL('Contacts', 'text', {id: 'x'}),
                api.buildURL('Contacts', 'create', {id: 'x'}),
                api.buildURL('Contacts', 'create', {id: 'x', link: 'notes'}),
                api.buildURL('Contacts', 'delete', {id: 'x', link: 'notes', relatedId: 'y'}),
            ];
        }), ['rest/v11_24/riverline/settings', 'rest/v11_24/Contacts/x?fields=phone_mobile', 'rest/v11_24/Contacts/x/text', 'rest/v11_24/Contacts',
            'rest/v11_24/Contacts/x/link/notes', 'rest/v11_24/Contacts/x/link/notes/y']);
        const count = await page.evaluate(() => new Promise((success, error) => {
            const app = SUGAR.App;
            const filter = JSON.stringify([{last_name: {$in: ['Dales'].concat(_.times(200, index => 'somebody else ' + index))}}]);
            app.api.call('read', app.api.buildURL('Contacts', null, null, {filter: filter}), null, {success: answer => success(answer.records.length), error: error});
        }));
        assert.equal(count, 1);
    },

    async 'changed metadata answers 412, and the page syncs by itself'({page}) {
        await logIn(page, 'sally');
        await page.evaluate(() => localStorage.setItem('prod:SugarCRM:meta:hash', '"old"'));
        await page.click('[data-module=Notes]');
        await page.waitForSelector('tr[data-record-id=seed_note_welcome]');
    },

    async 'twenty pages, syncs and new bars leave nothing behind'({page}) {
        await logIn(page, 'sally');
        const tour = async times => {
            for (let i = 0; i < times; i++) {
                for (const hash of ['Contacts/seed_gus_dales_id', 'Notes', 'bwc/index.php?module=Administration', 'Contacts']) {
                    await page.evaluate(hash => SUGAR.App.router.navigate(hash, {trigger: true}), hash);
                    await page.waitForLoadState('networkidle');
                }
                await page.evaluate(() => SUGAR.App.standin.resync());
                await page.evaluate(() => SUGAR.App.standin.recreateAdditionalComponents());
            }
            return page.evaluate(() => [SUGAR.App.standin.listenerCount(), SUGAR.App.standin.componentCount()]);
        };
        assert.deepEqual(await tour(1), await tour(4));
    },

    async 'app has the members that the reference lists, and no others'({page}) {
        await page.goto(url);
        await page.waitForSelector('.login-form');
        assert.deepEqual(await page.evaluate(() => Object.keys(SUGAR.App).sort()), [
            'accessibility', 'acl', 'additionalComponents', 'after', 'alert', 'api', 'augment', 'before', 'cache', 'config', 'context', 'controller', 'data',
            'date', 'drawer', 'error', 'events', 'lang', 'logger', 'metadata', 'plugins', 'router', 'shortcuts', 'standin', 'template', 'user', 'utils', 'view',
        ]);
    },

    async 'a disposed view that renders throws, and so does a call of nothing'({page}) {
        await logIn(page, 'sally');
        assert.match(await page.evaluate(() => {
            const view = SUGAR.App.view.createView({name: 'help-button'});
            view.dispose();
            try { view.render(); } catch (error) { return error.message; }
        }), /disposed component renders: view help-button/);
        assert.match(await page.evaluate(() => {
            try { SUGAR.App.unheardOf(); } catch (error) { return error.message; }
        }), /not a function/);
    },

    async 'a record is edited, cancelled, saved; a list is searched and paged'({page}) {
        await logIn(page, 'sally');
        await page.click('.more');
        await page.waitForSelector('text=21 shown');
        await page.fill('.search', 'nomob');
        await page.waitForSelector('text=1 shown');
        await page.click('text=Nora Nomobile');
        await page.click('[name=edit_button]');
        await page.fill('input[name=phone_mobile]', '+1 415 555 9999');
        await page.click('[name=cancel_button]');
        assert.equal((await page.textContent('[data-name=phone_mobile] .record-value')).trim(), '');
        await page.click('[name=edit_button]');
        await page.fill('input[name=phone_mobile]', '+1 415 555 9999');
        await page.click('[name=save_button]');
        await page.waitForSelector('.alert-success');
        assert.equal((await page.textContent('[data-name=phone_mobile] .record-value')).trim(), '+1 415 555 9999');
    },

    async 'a drawer makes a contact and is gone with the next page'({page}) {
        await logIn(page, 'sally');
        await page.click('[name=create_button]');
        await page.fill('.drawer [name=first_name]', 'New');
        await page.fill('.drawer [name=last_name]', 'Aaron');
        assert.ok(await page.evaluate(() => SUGAR.App.drawer.getActiveDrawerLayout() !== SUGAR.App.controller.layout));
        await page.click('.drawer [name=save_button]');
        await page.waitForSelector('text=New Aaron');
        await page.click('[name=create_button]');
        await page.evaluate(() => SUGAR.App.router.navigate('Notes', {trigger: true}));
        assert.equal(await page.locator('.drawer').count(), 0);
    },

    async 'a drawer chooses a record of any module, or none'({page}) {
        await logIn(page, 'sally');
        const choose = module => page.evaluate(name => {
            SUGAR.App.drawer.open({layout: 'selection-list', context: {module: name}}, chosen => { window.chosen = chosen ? chosen.id : 'none'; });
        }, module);
        for (const [module, text, id] of [['Contacts', 'nomob', 'seed_nora_nomobile_id'], ['Leads', 'lena', 'seed_lead_lena_id']]) {
            await choose(module);
            await page.fill('.drawer .search', text);
            await page.waitForSelector('.drawer >> text=1 shown');
            await page.click('.drawer [name=select_button]');
            assert.equal(await page.evaluate(() => window.chosen), id);
        }
        await choose('Accounts');
        await page.click('.drawer [name=cancel_button]');
        assert.equal(await page.evaluate(() => window.chosen), 'none');
        assert.equal(await page.locator('.drawer').count(), 0);
    },

    async 'a drawer makes a contact with what its opener filled in'({page}) {
        await logIn(page, 'sally');
        await page.evaluate(() => {
            const app = SUGAR.App;
            window.made = app.data.createBean('Contacts', {phone_mobile: '+12065550199'});
            app.drawer.open({layout: 'create', context: {module: 'Contacts', create: true, model: window.made}});
        });
        assert.equal(await page.inputValue('.drawer input[name=phone_mobile]'), '+12065550199');
        await page.fill('.drawer [name=last_name]', 'Filled');
        await page.click('.drawer [name=save_button]');
        await page.waitForFunction(() => window.made.id);
        const stored = await standin('records?module=Contacts');
        assert.equal(stored.find(row => row.last_name === 'Filled').phone_mobile, '+12065550199');
    },

    async 'a Note shows its lines, and a new one after Refresh'({page}) {
        await logIn(page, 'sally', {hash: '#Contacts/seed_gus_dales_id'});
        await page.waitForSelector('[data-note-id]');
        await page.evaluate(() => new Promise((success, error) => {
            const app = SUGAR.App;
            app.api.records('create', 'Notes', {name: 'Two <b>lines</b>', description: 'one\ntwo', contact_id: 'seed_gus_dales_id'}, null, {success: success, error: error});
        }));
        await page.click('[data-action=refresh-notes]');
        const note = page.locator('.note', {hasText: 'Two <b>lines</b>'});
        await note.waitFor();
        assert.equal(await note.locator('.note-text').innerText(), 'one\ntwo');
        await note.locator('a').click();
        await page.waitForSelector('h1 >> text=Two <b>lines</b>');
        assert.equal(await page.locator('[data-name=description] .plain-text').innerText(), 'one\ntwo');
    },

    async 'the bars of the other releases are not there, and extensions for them lead nowhere'({page}) {
        for (const [host, launchers, hosts] of [['footer', 1, 1], ['footer-buttons', 0, 1], ['sidebar-nav', 0, 1], ['both', 1, 2], ['none', 0, 0]]) {
            await logIn(page, 'sally', {query: `?host=${host}`});
            assert.equal(await page.locator('[data-view=fixture-launcher]').count(), launchers, host);
            assert.equal(await page.locator('[data-layout=footer], [data-layout=footer-buttons], [data-layout=sidebar-nav]').count(), hosts, host);
            assert.equal(await page.evaluate(() => !!SUGAR.App.view.views.BaseSidebarNavItemView), host === 'sidebar-nav');
            await page.evaluate(() => localStorage.clear());
        }
    },

    async 'the administration page lists the panels of packages, and their links reach the page around it'({page}) {
        await logIn(page, 'admin');
        await page.click('[data-user-menu]');
        await page.click('text=Administration');
        await page.frameLocator('iframe').locator('[data-admin-link=fixture] a').click();
        await page.waitForFunction(() => location.hash === '#Administration/layout/fixture');
    },

    async 'dark and right to left'({page}) {
        await logIn(page, 'sally', {query: '?theme=dark&dir=rtl&host=sidebar-nav'});
        assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(20, 24, 28)');
        assert.equal(await page.evaluate(() => document.dir + SUGAR.App.lang.direction), 'rtlrtl');
        const rail = await page.locator('#sidebar-nav').boundingBox();
        assert.equal(rail.x + rail.width, page.viewportSize().width);
    },

    async 'what a role denies is not shown'({page}) {
        await turn('acl', {sally: {Contacts: {edit: 'no', create: 'no', fields: {phone_mobile: {read: 'no'}}}}});
        await logIn(page, 'sally', {hash: '#Contacts/seed_gus_dales_id'});
        await page.waitForSelector('h1 >> text=Gus Dales');
        assert.equal(await page.locator('[name=edit_button]').count(), 0);
        assert.match(await page.textContent('[data-name=phone_mobile]'), /No access/);
        await page.evaluate(() => SUGAR.App.router.navigate('Contacts', {trigger: true}));
        await page.waitForSelector('tr[data-record-id]');
        assert.equal(await page.locator('[name=create_button]:visible').count(), 0);
    },
};

let passed = 0;
const failed = [];
await started();
for (const [name, check] of Object.entries(checks).filter(([name]) => name.includes(process.argv[2] || ''))) {
    await standin('reset', {});
    const context = await browser.newContext();
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    const errors = [];
    page.on('pageerror', error => errors.push(error.stack));
    try {
        await check({page, context});
        assert.deepEqual(errors, []);
        assert.deepEqual(await standin('refused'), []);
        passed++;
    } catch (error) {
        failed.push(name);
        console.error(`FAILED ${name}\n${error.stack}\n${errors.join('\n')}`);
    }
    await context.close();
}
await browser.close();
server.kill();
await new Promise(resolve => server.once('exit', resolve));
rmSync(folder, {recursive: true, force: true});
console.log(`${passed} passed, ${failed.length} failed`);
process.exit(failed.length ? 1 : 0);

async function logIn(page, user, {query = '', hash = '', stay = false} = {}) {
    if (!stay) {
        await page.goto(`${url}/${query}${hash}`);
    }
    await fillLogin(page, user, user);
    await page.waitForSelector('.main-pane h1');
    if (!hash) {
        await page.waitForSelector('tr[data-record-id]');
    }
}

async function fillLogin(page, user, password) {
    await page.fill('[name=username]', user);
    await page.fill('[name=password]', password);
    await page.click('[name=login_button]');
}

async function turn(name, value, more = {}) {
    await standin('switch', {name, value, ...more});
}

async function standin(path, body) {
    return (await fetch(`${url}/__standin/${path}`, body && {method: 'POST', body: JSON.stringify(body)})).json();
}

async function rest(method, path, body) {
    return (await fetch(`${url}/rest/v11_24/${path}`, {method, headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)})).json();
}

async function started() {
    for (let i = 0; i < 100; i++) {
        if (await fetch(`${url}/config.js`).then(answer => answer.ok, () => false)) {
            return;
        }
        await new Promise(resolve => setTimeout(resolve, 100));
    }
    throw new Error('The stand-in did not start.');
}

function freePort() {
    return new Promise(resolve => {
        const probe = createServer().listen(0, '127.0.0.1', () => {
            const {port} = probe.address();
            probe.close(() => resolve(port));
        });
    });
}
