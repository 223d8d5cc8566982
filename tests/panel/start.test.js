// What start.js promises to Sugar's page, against a page that is only as much of one as start.js touches.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const {PACKAGE, riverline} = require('./support/load');
const {Clock} = require('./support/clock');
const {FakeSocket, storage} = require('./support/wire');

const SOURCE = fs.readFileSync(path.join(PACKAGE, 'custom/include/riverline/start.js'), 'utf8');
const answer = body => Promise.resolve({ok: true, status: 200, text: () => Promise.resolve(JSON.stringify(body)), headers: {get: () => null}});

/** Sugar's page with sally in it; the service takes her token for that of `signedIn`. */
function page({signedIn = 'sally', broken = null} = {}) {
    FakeSocket.reset();
    const clock = new Clock();
    const it = {logged: [], asked: [], events: [], sugar: {}, disks: {local: storage(), session: storage()}};
    const window = {
        crypto, WebSocket: FakeSocket, setTimeout: clock.timers.set, clearTimeout: clock.timers.clear,
        fetch: (url, init) => {
            it.asked.push(init.method);
            return answer({token: 'rls_1', member: {id: signedIn}, admin: false});
        },
        get localStorage() {
            return it.forbidden();
        },
        get sessionStorage() {
            return it.disks.session;
        },
    };
    it.forbidden = () => it.disks.local;
    const element = {length: 1, 0: {}, append() {}, add: () => element, off() {}, on: events => it.events.push(...events.split(' '))};
    const $ = Object.assign(() => element, {contains: () => true});
    const rl = riverline();
    Object.assign(rl, {
        patchPhoneFields() {}, arrangeLaunchers() {}, followTheme() {},
        sugar: {userId: () => 'sally', serviceUrl: () => 'https://service', site: () => 'https://sugar.example', token: () => 'sugar', asserts: () => false, texts: () => ({})},
    });
    const view = {$el: {}, render() {}, dispose() {}};
    const app = {
        riverline: rl, api: {isAuthenticated: () => true}, logger: {error: text => it.logged.push(text)}, context: {getContext: () => ({})},
        events: {on: (name, run) => {
            it.sugar[name] = run;
        }},
        template: {get: () => () => ''}, view: {createView: () => broken ? broken() : view},
    };
    const names = ['SUGAR', '_', 'Backbone', '$', 'window', 'document', 'MutationObserver'];
    const document = {documentElement: {}, body: {}, visibilityState: 'visible', hasFocus: () => true};
    const Observer = class {
        observe() {}

        disconnect() {}
    };
    new Function(...names, SOURCE)({App: app}, require('underscore'), require('backbone'), $, window, document, Observer);
    return Object.assign(it, {rl, clock});
}

test('forbidden storage, which throws when it is only looked at, does not keep Riverline from starting', async () => {
    const it = page();
    it.forbidden = () => {
        throw new Error('forbidden');
    };
    it.sugar['app:sync:complete']();
    await it.clock.pass(100);
    assert.deepEqual(it.logged, []);
    assert.equal(it.rl.status, 'connecting');
});

test('whatever fails in a start or a logout, Sugar goes on, and the logout still wipes', async () => {
    const it = page({broken: () => {
        throw new Error('no such view');
    }});
    it.sugar['app:sync:complete']();
    assert.deepEqual(it.logged, ['riverline: Error: no such view']);
    it.rl.desk.saveDraft('chat sarah', 'half a thou');
    it.sugar['app:logout']();
    assert.equal(it.logged.length, 1);
    assert.equal(it.disks.session.length, 0);
    assert.equal(it.rl.desk, null);
});

test('an old tab whose login is another user\'s now ends without a word to the service, and keeps nothing', async () => {
    const it = page({signedIn: 'sarah'});
    it.sugar['app:sync:complete']();
    it.rl.desk.outgoing.add('c', 'from sally');
    await it.clock.pass(60000);
    assert.equal(it.rl.desk, null);
    assert.equal(it.rl.status, 'offline');
    assert.equal(it.disks.session.length, 0);
    assert.equal(FakeSocket.all.length, 0);
    assert.deepEqual(it.asked, ['POST']);
});

test('scrolling and touching are input too', () => {
    const it = page();
    it.sugar['app:sync:complete']();
    for (const input of ['mousemove', 'keydown', 'mousedown', 'wheel', 'touchstart']) {
        assert.ok(it.events.includes(`${input}.riverline`), input);
    }
});
