// The live connection, against a service that the test plays.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const {riverline} = require('./support/load');
const {Clock} = require('./support/clock');
const {FakeSocket, message, state} = require('./support/wire');

const created = (id, second) => ({kind: 'message.created', message: message(id, 'c', 'sarah', second)});

function setUp(overrides = {}) {
    FakeSocket.reset();
    const clock = new Clock();
    const heard = [];
    const given = {tokens: 0, forgotten: [], states: 0, chance: 0.5, visible: true, user: 'sally', refuse: null, state: () => Promise.resolve(state())};
    Object.assign(given, overrides);
    const socket = new (riverline().Socket)({
        url: 'wss://service/v1/socket', WebSocket: FakeSocket, timers: clock.timers, now: clock.now, random: () => given.chance,
        visible: () => given.visible,
        signIn: {
            token: () => given.refuse ? Promise.reject(given.refuse) : Promise.resolve(`token ${++given.tokens}`),
            forget: token => given.forgotten.push(token),
            isStill: memberId => memberId === given.user,
        },
        readState: () => {
            given.states++;
            return given.state();
        },
    });
    for (const name of ['status', 'state', 'event', 'presence', 'typing', 'failed']) {
        socket.on(name, (...args) => heard.push([name, ...args]));
    }
    const of = name => heard.filter(([what]) => what === name).map(([, ...args]) => args);
    return {clock, socket, given, of, events: () => of('event').map(([, event]) => event.message.id)};
}

async function online(more) {
    const all = setUp(more);
    all.socket.start();
    await Clock.settle();
    FakeSocket.last.welcome(false);
    await Clock.settle();
    return all;
}

test('says hello with the token and our protocol, and never puts the token into the address', async () => {
    const {socket} = setUp();
    socket.start();
    await Clock.settle();
    assert.equal(socket.status, 'connecting');
    FakeSocket.last.accept();
    assert.equal(FakeSocket.last.url, 'wss://service/v1/socket');
    assert.deepEqual([...FakeSocket.last.protocols], ['riverline.v1']);
    assert.deepEqual(FakeSocket.last.said, [{type: 'hello', token: 'token 1'}]);
});

test('reads the state when it cannot resume, holds events back meanwhile, and skips those the state has', async () => {
    let answer;
    const {socket, of, events} = setUp({state: () => new Promise(resolve => {
        answer = resolve;
    })});
    socket.start();
    await Clock.settle();
    FakeSocket.last.welcome(false, '9.1');
    FakeSocket.last.event(10, created('old', 1));
    FakeSocket.last.event(11, created('new', 2));
    assert.deepEqual(events(), []);
    assert.equal(socket.status, 'connecting');
    answer(state({cursor: '10.1'}));
    await Clock.settle();
    assert.equal(of('state').length, 1);
    assert.deepEqual(events(), ['new']);
    assert.equal(socket.status, 'online');
});

test('resumes after the last event it has seen', async () => {
    const {clock, events, given} = await online();
    FakeSocket.last.event(12, created('a', 1));
    FakeSocket.last.end(1006);
    await clock.pass(10000);
    FakeSocket.last.welcome(true, '14.1');
    assert.equal(FakeSocket.last.said[0].after, '12.1');
    FakeSocket.last.event(12, created('a', 1));
    FakeSocket.last.event(13, created('b', 2));
    assert.deepEqual(events(), ['a', 'b']);
    assert.equal(given.states, 1);
});

test('the first presence after a welcome names all who are there', async () => {
    const {of} = await online();
    for (let i = 0; i < 2; i++) {
        FakeSocket.last.hear({type: 'signal', signal: {kind: 'presence', members: []}});
    }
    assert.deepEqual(of('presence').map(([, all]) => all), [true, false]);
});

test('waits longer and longer between tries, with full jitter, and no longer than a minute', async () => {
    const {clock, socket} = setUp({chance: 1});
    socket.start();
    await Clock.settle();
    const waits = [];
    for (let i = 0; i < 9; i++) {
        const before = FakeSocket.all.length;
        const from = clock.time;
        FakeSocket.last.end(1006);
        while (FakeSocket.all.length === before) {
            await clock.pass(100);
        }
        waits.push(clock.time - from);
    }
    assert.deepEqual(waits, [2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000, 60000]);
});

test('a connection that held starts the waits anew, one that did not goes on with them', async () => {
    for (const [held, wait] of [[10001, 2000], [9000, 4000]]) {
        const {clock} = await online({chance: 1});
        FakeSocket.last.end(1006);
        await clock.pass(2000);
        FakeSocket.last.welcome(true);
        await clock.pass(held);
        FakeSocket.last.end(1006);
        const before = FakeSocket.all.length;
        await clock.pass(wait - 1);
        assert.equal(FakeSocket.all.length, before);
        await clock.pass(1);
        assert.equal(FakeSocket.all.length, before + 1);
    }
});

test('a thousand panels that lose a service at once come back spread over two seconds', async () => {
    const tenths = new Array(20).fill(0);
    for (let i = 0; i < 1000; i++) {
        const {clock} = await online({chance: (i + 0.5) / 1000});
        const from = clock.time;
        FakeSocket.last.end(1006);
        const [{at}] = [...clock.waiting.values()];
        tenths[Math.floor((at - from) / 100)]++;
    }
    assert.deepEqual(tenths, new Array(20).fill(50));
});

test('4401: a new token, at once; a service that refuses its own tokens is not asked in a circle', async () => {
    const {clock, given} = await online({chance: 1});
    FakeSocket.last.end(4401);
    assert.deepEqual(given.forgotten, ['token 1']);
    await clock.pass(0);
    assert.equal(given.tokens, 2);
    FakeSocket.last.end(4401);
    await clock.pass(1900);
    assert.equal(given.tokens, 2);
    await clock.pass(100);
    assert.equal(given.tokens, 3);
});

test('4429 in a hidden tab: waits until somebody looks', async () => {
    const {clock, socket, given} = await online();
    given.visible = false;
    FakeSocket.last.end(4429, '{"retry_ms":1000}');
    await clock.pass(3600000);
    assert.equal(FakeSocket.all.length, 1);
    assert.equal(socket.status, 'offline');
    given.visible = true;
    socket.wake();
    await Clock.settle();
    assert.equal(FakeSocket.all.length, 2);
});

test('4429 in a hidden tab that is looked at a moment later: comes back five seconds after its last try', async () => {
    const {clock, socket, given} = await online();
    given.visible = false;
    FakeSocket.last.end(4429, '{"retry_ms":600000}');
    given.visible = true;
    socket.wake();
    await clock.pass(4999);
    assert.equal(FakeSocket.all.length, 1);
    await clock.pass(1);
    assert.equal(FakeSocket.all.length, 2);
});

test('1012 and 4429 in sight: comes back exactly when the service said', async () => {
    for (const code of [1012, 4429]) {
        const {clock} = await online({chance: 1});
        FakeSocket.last.end(code, '{"retry_ms":2000}');
        await clock.pass(1999);
        assert.equal(FakeSocket.all.length, 1);
        await clock.pass(1);
        assert.equal(FakeSocket.all.length, 2);
    }
});

test('4008: resumes nearly at once', async () => {
    const {clock} = await online();
    FakeSocket.last.end(4008);
    await clock.pass(250);
    assert.equal(FakeSocket.all.length, 2);
});

test('4008 again before it held: waits, and asks for the state instead of what it cannot keep up with', async () => {
    const {clock, given} = await online();
    FakeSocket.last.event(12, created('a', 1));
    FakeSocket.last.end(4008);
    await clock.pass(250);
    FakeSocket.last.welcome(true);
    FakeSocket.last.end(4008);
    await clock.pass(999);
    assert.equal(FakeSocket.all.length, 2);
    await clock.pass(1);
    FakeSocket.last.welcome(false);
    assert.deepEqual(FakeSocket.last.said, [{type: 'hello', token: 'token 3'}]);
    assert.equal(given.states, 2);
});

test('a resume that is refused every time is asked for once per connection, not in a circle', async () => {
    const {clock, socket, given} = await online();
    for (let i = 2; i < 6; i++) {
        FakeSocket.last.end(1006);
        while (FakeSocket.all.length < i) {
            await clock.pass(1000);
        }
        FakeSocket.last.welcome(false);
        await clock.pass(9000);
        assert.equal(FakeSocket.all.length, i);
        assert.deepEqual([socket.status, given.states, FakeSocket.last.of('hello').length], ['online', i, 1]);
    }
});

test('a hello that the service does not understand is not repeated with the same cursor', async () => {
    const {clock} = await online();
    FakeSocket.last.end(4400);
    await clock.pass(60000);
    FakeSocket.last.accept();
    assert.equal('after' in FakeSocket.last.said[0], false);
});

test('no welcome within ten seconds: another try', async () => {
    const {clock, socket} = setUp();
    socket.start();
    await Clock.settle();
    FakeSocket.last.accept();
    await clock.pass(10000);
    assert.equal(FakeSocket.all[0].closed, true);
    await clock.pass(5000);
    assert.equal(FakeSocket.all.length, 2);
});

test('after waking it probes; a silent connection is left behind', async () => {
    const {clock, socket} = await online();
    socket.wake();
    assert.equal(FakeSocket.last.of('ping').length, 1);
    FakeSocket.last.hear({type: 'pong'});
    await clock.pass(6000);
    assert.equal(socket.status, 'online');
    socket.wake();
    await clock.pass(3000);
    socket.wake();
    await clock.pass(2000);
    assert.equal(FakeSocket.all[0].closed, true);
    await clock.pass(5000);
    assert.equal(FakeSocket.all.length, 2);
});

test('a minute of silence is probed, so that a connection that died unseen is noticed', async () => {
    const {clock, socket} = await online();
    await clock.pass(30000);
    FakeSocket.last.event(12, created('a', 1));
    await clock.pass(59999);
    assert.equal(FakeSocket.last.of('ping').length, 0);
    await clock.pass(1);
    assert.equal(FakeSocket.last.of('ping').length, 1);
    FakeSocket.last.hear({type: 'pong'});
    await clock.pass(60000);
    assert.equal(FakeSocket.last.of('ping').length, 2);
    assert.equal(socket.status, 'online');
    await clock.pass(5000);
    assert.equal(socket.status, 'offline');
});

test('a network that comes and goes every second makes no storm', async () => {
    const {clock, socket} = await online({chance: 1});
    for (let i = 0; i < 60; i++) {
        if (FakeSocket.last.readyState < 2) {
            FakeSocket.last.end(1006);
        }
        socket.wake();
        await clock.pass(1000);
    }
    assert.ok(FakeSocket.all.length > 8 && FakeSocket.all.length < 15, `${FakeSocket.all.length} connections in a minute`);
});

test('waking during a long wait tries at once', async () => {
    const {clock, socket} = await online({chance: 1});
    FakeSocket.last.end(1012, '{"retry_ms":600000}');
    await clock.pass(5000);
    socket.wake();
    await Clock.settle();
    assert.equal(FakeSocket.all.length, 2);
});

test('a wake waits five seconds from the last try, the user who says again does not', async () => {
    for (const [how, tries] of [['wake', 1], ['tryNow', 2]]) {
        const {clock, socket, of} = setUp({refuse: {status: 403, code: 'not_a_member'}});
        socket.start();
        await clock.pass(1000);
        socket[how]();
        await clock.pass(0);
        assert.equal(of('failed').length, tries, how);
        await clock.pass(4000);
        assert.equal(of('failed').length, 2, how);
    }
});

test('an answer finds its question; a lost connection answers all', async () => {
    const {socket} = await online();
    const first = socket.ask({type: 'send', text: 'a'});
    const second = socket.ask({type: 'send', text: 'b'});
    const third = socket.ask({type: 'send', text: 'c'});
    const refs = FakeSocket.last.of('send').map(frame => frame.ref);
    FakeSocket.last.hear({type: 'ok', ref: refs[1], message_id: 'm'});
    FakeSocket.last.hear({type: 'error', ref: refs[0], problem: {code: 'text_empty', status: 422}});
    FakeSocket.last.end(1006);
    assert.equal((await second).message_id, 'm');
    await assert.rejects(first, {code: 'text_empty'});
    await assert.rejects(third, {code: 'unreachable'});
    await assert.rejects(socket.ask({type: 'send'}), {code: 'unreachable'});
});

test('no answer within ten seconds counts as unreachable and is probed', async () => {
    const {clock, socket} = await online();
    const asked = assert.rejects(socket.ask({type: 'send'}), {code: 'unreachable'});
    await clock.pass(10000);
    await asked;
    assert.equal(FakeSocket.last.of('ping').length, 1);
});

test('a refused sign-in is told and not repeated; a service that is away is', async () => {
    const refused = setUp({refuse: {status: 403, code: 'not_a_member'}, chance: 1});
    refused.socket.start();
    await refused.clock.pass(3600000);
    assert.equal(refused.of('failed').length, 1);
    assert.equal(refused.socket.status, 'offline');

    const away = setUp({refuse: {status: 503, code: 'sugar_unreachable', retryMs: 5000}, chance: 1});
    away.socket.start();
    await away.clock.pass(4900);
    assert.equal(away.of('failed').length, 1);
    await away.clock.pass(200);
    assert.equal(away.of('failed').length, 2);
});

test('a state that cannot be read closes the connection and is tried again', async () => {
    let fails = true;
    const {clock, socket} = setUp({chance: 1, state: () => fails ? Promise.reject({status: 0, code: 'unreachable'}) : Promise.resolve(state())});
    socket.start();
    await Clock.settle();
    FakeSocket.last.welcome(false);
    await Clock.settle();
    assert.equal(FakeSocket.last.closed, true);
    fails = false;
    await clock.pass(10000);
    FakeSocket.last.welcome(false);
    await Clock.settle();
    assert.equal(socket.status, 'online');
});

test('a connection under another name is not used', async () => {
    const {socket, given} = await online({user: 'sarah'});
    assert.equal(given.states, 0);
    assert.equal(socket.say({type: 'typing'}), false);
});

test('a stopped one stays stopped', async () => {
    const {clock, socket} = await online();
    socket.stop();
    assert.equal(FakeSocket.last.closed, true);
    socket.wake();
    await clock.pass(3600000);
    assert.equal(FakeSocket.all.length, 1);
});
