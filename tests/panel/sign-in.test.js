// Signing in with Sugar's token, renewing, and calls that carry both tokens.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const {riverline} = require('./support/load');
const {Clock} = require('./support/clock');

function setUp(more) {
    const rl = riverline();
    const clock = new Clock();
    const it = {rl, clock, calls: [], sugar: 'sugar 1', refreshes: 0, replaced: 0, refused: [], asserted: [], answer: () => ({token: 'rls_1', member: {id: 'sally'}, admin: false})};
    const http = (method, path, options) => {
        it.calls.push({method, path, ...options});
        const found = it.answer(method, path, options);
        return found && found.code ? Promise.reject(found) : Promise.resolve(found);
    };
    it.signIn = new rl.SignIn({
        http, timers: clock.timers, browserId: 'browser', userId: 'sally', sugarToken: () => it.sugar,
        refused: problem => it.refused.push(problem), replaced: () => it.replaced++,
        refreshSugar: () => {
            it.refreshes++;
            it.sugar = 'sugar 2';
            return it.refreshFails ? Promise.reject(new Error('no')) : Promise.resolve();
        },
        sugarAssertion: records => {
            it.asserted.push(Array.from(records, record => record.id));
            return it.refusesToAssert ? Promise.reject({status: it.refusesToAssert}) : Promise.resolve(`rla1.${it.asserted.length}`);
        },
        ...more,
    });
    it.api = new rl.Api(http, it.signIn);
    return it;
}

test('signs in once for all who ask at the same time, and reads Sugar\'s token then', async () => {
    const it = setUp();
    assert.deepEqual(await Promise.all([it.signIn.token(), it.signIn.token()]), ['rls_1', 'rls_1']);
    assert.deepEqual(it.calls.map(call => [call.method, call.path, call.headers.Authorization, call.body.browser_id]),
        [['POST', '/v1/sign-in', 'Bearer sugar 1', 'browser']]);
});

test('a dead Sugar token: Sugar renews it, and one more try', async () => {
    const it = setUp();
    it.answer = (method, path, options) => options.headers.Authorization === 'Bearer sugar 2' ?
        {token: 'rls_2', member: {id: 'sally'}} : {code: 'sugar_token_invalid', status: 401};
    assert.equal(await it.signIn.token(), 'rls_2');
    assert.equal(it.refreshes, 1);
});

test('a Sugar token that stays dead is refused after that one try', async () => {
    const it = setUp();
    it.answer = () => ({code: 'sugar_token_invalid', status: 401});
    await assert.rejects(it.signIn.token(), {code: 'sugar_token_invalid'});
    assert.equal(it.calls.length, 2);
    it.refreshFails = true;
    await assert.rejects(it.signIn.token(), {code: 'sugar_token_invalid'});
    assert.equal(it.calls.length, 3);
});

test('without a login in Sugar nothing is asked', async () => {
    const it = setUp();
    it.sugar = '';
    await assert.rejects(it.signIn.token(), {code: 'sugar_token_missing'});
    assert.equal(it.calls.length, 0);
});

test('renews every 45 minutes with Sugar\'s token of that moment', async () => {
    const it = setUp();
    await it.signIn.token();
    it.sugar = 'sugar later';
    await it.clock.pass(90 * 60000);
    const renewals = it.calls.filter(call => call.method === 'PUT');
    assert.equal(renewals.length, 2);
    assert.deepEqual({...renewals[0].headers}, {Authorization: 'Bearer rls_1', 'Sugar-Token': 'sugar later'});
});

test('a renewal that finds nobody is repeated; a refused one is told', async () => {
    const it = setUp();
    await it.signIn.token();
    it.answer = () => ({code: 'unreachable', status: 0});
    await it.clock.pass(47 * 60000);
    assert.equal(it.calls.filter(call => call.method === 'PUT').length, 3);
    it.answer = () => ({code: 'not_a_member', status: 403});
    await it.clock.pass(60000);
    assert.deepEqual(it.refused.map(problem => problem.code), ['not_a_member']);
});

test('a token that the service forgot is replaced once', async () => {
    const it = setUp();
    let tokens = 0;
    it.answer = (method, path, options) => {
        if (path === '/v1/sign-in') {
            return {token: `rls_${++tokens}`, member: {id: 'sally'}};
        }
        return options.headers.Authorization === 'Bearer rls_2' ? {items: []} : {code: 'token_invalid', status: 401};
    };
    await it.api.get('/v1/numbers');
    assert.equal(tokens, 2);
});

test('Sugar\'s token goes only with calls that need it, and is renewed for them', async () => {
    const it = setUp();
    await it.api.get('/v1/state');
    assert.equal('Sugar-Token' in it.calls.at(-1).headers, false);
    it.answer = (method, path, options) => options.headers['Sugar-Token'] === 'sugar 1' ? {code: 'sugar_token_invalid', status: 401} : {id: 's'};
    assert.equal((await it.api.post('/v1/sms-sessions', {module: 'Contacts'}, {sugar: true})).id, 's');
    assert.equal(it.calls.at(-1).headers['Sugar-Token'], 'sugar 2');
});

test('Sugar\'s login is somebody else\'s by now: no token is kept, none is ended, and nothing signs in again', async () => {
    const it = setUp();
    it.answer = () => ({token: 'rls_2', member: {id: 'sarah'}, admin: false});
    await assert.rejects(it.signIn.token(), {code: 'token_invalid'});
    await assert.rejects(it.signIn.token(), {code: 'token_invalid'});
    it.signIn.end();
    assert.equal(it.replaced, 1);
    assert.deepEqual(it.calls.map(call => call.method), ['POST']);
});

test('the logout ends the token without waiting, and nothing signs in again', async () => {
    const it = setUp();
    await it.signIn.token();
    it.signIn.end();
    assert.deepEqual([it.calls.at(-1).method, it.calls.at(-1).keepalive], ['DELETE', true]);
    await assert.rejects(it.signIn.token(), {code: 'token_invalid'});
    await it.clock.pass(3600000);
    assert.equal(it.calls.length, 2);
});

test('http: problems are plain, silence is unreachable, Retry-After is understood', async () => {
    const {rl, clock} = setUp();
    const answer = (status, text, headers = {}) => Promise.resolve({
        ok: status < 400, status, text: () => Promise.resolve(text), headers: {get: name => headers[name] || null},
    });
    const http = fetch => rl.http({fetch, timers: clock.timers, url: 'https://service'});
    const seen = [];
    await http((url, init) => {
        seen.push([url, init.credentials, init.headers['Content-Type'], init.body]);
        return answer(204, '');
    })('POST', '/x', {body: {a: 1}});
    assert.deepEqual(seen, [['https://service/x', 'omit', 'application/json', '{"a":1}']]);
    await assert.rejects(http(() => answer(429, '{"code":"too_many_requests","detail":"Slowly."}', {'Retry-After': '2'}))('GET', '/'),
        {code: 'too_many_requests', detail: 'Slowly.', retryMs: 2000, status: 429});
    await assert.rejects(http(() => answer(502, '<html>'))('GET', '/'), {code: 'internal', status: 502});
    await assert.rejects(http(() => Promise.reject(new TypeError('Failed to fetch')))('GET', '/'), {code: 'unreachable'});
    const silent = assert.rejects(http(() => new Promise(() => {}))('GET', '/'), {code: 'unreachable'});
    await clock.pass(30000);
    await silent;
});

test('where Sugar vouches for its users, no token of it goes out, and each proof goes once', async () => {
    const it = setUp({asserts: true});
    await it.signIn.token();
    await it.api.post('/v1/sms-sessions', {module: 'Contacts', record_id: 'gus'}, {sugar: true});
    assert.deepEqual(it.calls.map(call => call.headers['Sugar-Token'] || call.headers.Authorization), ['Bearer rla1.1', 'rla1.2']);
    assert.deepEqual(it.asserted, [[], ['gus']]);
});

test('records that the service wants stated are stated, beside the one that the call is about', async () => {
    const it = setUp({asserts: true});
    await it.signIn.token();
    it.answer = () => it.asserted.length < 3 ? {code: 'assertion_incomplete', status: 409, records: [{module: 'Leads', id: 'lena'}]} : {id: 's'};
    await it.api.post('/v1/sms-sessions', {module: 'Contacts', record_id: 'gus'}, {sugar: true});
    assert.deepEqual(it.asserted.slice(1), [['gus'], ['gus', 'lena']]);
    it.answer = () => ({code: 'assertion_incomplete', status: 409, records: []});
    await assert.rejects(it.api.post('/v1/sms-sessions', {}, {sugar: true}), {code: 'assertion_incomplete'});
    assert.equal(it.asserted.length, 7);
});

test('a service that asks for other records each time, because tabs that open together tell it of them, is told of those', async () => {
    const it = setUp({asserts: true});
    const named = Array.from({length: 45}, (_, i) => ({module: 'Contacts', id: `gus ${i}`}));
    it.answer = () => it.asserted.length < 4 ?
        {code: 'assertion_incomplete', status: 409, records: named.slice(15 * it.asserted.length - 15, 15 * it.asserted.length)} :
        {token: 'rls_1', member: {id: 'sally'}, admin: false};
    assert.equal(await it.signIn.token(), 'rls_1');
    assert.deepEqual(it.asserted.slice(1), [0, 15, 30].map(from => named.slice(from, from + 15).map(record => record.id)));
    it.asserted.length = 0;
    it.answer = () => it.asserted.length < 3 ? {code: 'assertion_incomplete', status: 409, records: [named[it.asserted.length]]} : {id: 's'};
    await it.api.post('/v1/sms-sessions', {module: 'Contacts', record_id: 'gus'}, {sugar: true});
    assert.deepEqual(it.asserted.at(-1), ['gus', 'gus 2', 'gus 1'], 'what was stated before stays stated');
});

test('a sign-in that has to state the records of open sessions does so by itself', async () => {
    const it = setUp({asserts: true});
    it.answer = () => it.asserted.length < 2 ? {code: 'assertion_incomplete', status: 409, records: [{module: 'Leads', id: 'lena'}]} :
        {token: 'rls_1', member: {id: 'sally'}, admin: false};
    assert.equal(await it.signIn.token(), 'rls_1');
    assert.deepEqual(it.asserted, [[], ['lena']]);
    assert.deepEqual(it.calls.map(call => call.headers.Authorization), ['Bearer rla1.1', 'Bearer rla1.2']);
});

test('a page that is older than the admin\'s choice follows what the service says', async () => {
    const it = setUp();
    it.answer = (method, path, options) => /rla1/.test(options.headers.Authorization) ?
        {token: 'rls_1', member: {id: 'sally'}} : {code: 'assertion_needed', status: 401};
    assert.equal(await it.signIn.token(), 'rls_1');
    const back = setUp({asserts: true});
    back.answer = (method, path, options) => options.headers.Authorization === 'Bearer sugar 1' ?
        {token: 'rls_2', member: {id: 'sally'}} : {code: 'sugar_token_needed', status: 401};
    assert.equal(await back.signIn.token(), 'rls_2');
});

test('a Sugar that does not vouch is a refusal, and one that does not answer is waited for', async () => {
    const it = setUp({asserts: true});
    it.refusesToAssert = 404;
    await assert.rejects(it.signIn.token(), {code: 'assertion_refused', status: 401});
    it.refusesToAssert = 401;
    await assert.rejects(it.signIn.token(), {code: 'sugar_token_missing', status: 401});
    for (const status of [0, 503, undefined]) {
        it.refusesToAssert = status || 599;
        await assert.rejects(it.signIn.token(), {code: 'sugar_unreachable', status: 503});
    }
    assert.equal(it.calls.length, 0);
});
