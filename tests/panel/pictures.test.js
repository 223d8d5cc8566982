// Pictures of texts: fetched when a window shows them, said in words when they are not here, forgotten with the window.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const {desk} = require('./support/desk');
const {message, session, state} = require('./support/wire');

const ID = 'conversation s';
const PATH = '/v1/conversations/s/messages/m1/pictures/';
const picture = (id, more = {}) => ({id, state: 'stored', content_type: 'image/png', bytes: 1000, reason: null, can_retry: false, ...more});
const failed = (id, more = {}) => picture(id, {state: 'failed', content_type: null, bytes: null, reason: 'The carrier did not give it.', ...more});
const text = (pictures, more = {}) => message('m1', 's', '', 1, {sender: {kind: 'peer', id: '+14155552671'}, state: 'received', text: '', pictures, ...more});
const news = pictures => ({kind: 'message.pictures', conversation_id: 's', message_id: 'm1', pictures});

/** The window of a session whose last text has these pictures. */
async function opened(pictures, answers = {}) {
    const it = await desk({conversations: [{conversation: session('s'), unread: 0, last_message: text(pictures), read: {}}]}, {answers});
    it.names.gus = 'Gus Dales';
    it.desk.openConversation('s');
    it.shown = () => it.lines(ID).flatMap(line => [...line.pictures || []]);
    it.seen = async () => {
        for (let i = 0; i < 4; i++) {
            it.shown();
            await it.clock.pass(50);
        }
        return it.shown();
    };
    it.fetched = () => it.calls.filter(call => call.method === 'BYTES').map(call => call.path);
    return it;
}
const bytes = (...ids) => Object.fromEntries(ids.map(id => [`BYTES ${PATH}${id}`, {bytes: `bytes of ${id}`}]));

test('a picture on its way says so, and is there by itself when the service has it', async () => {
    const it = await opened([picture('p', {state: 'waiting', content_type: null, bytes: null})], bytes('p'));
    assert.deepEqual((await it.seen()).map(one => [one.state, one.words]), [['waiting', 'Picture on its way…']]);
    assert.deepEqual(it.fetched(), []);
    await it.event(11, news([picture('p')]));
    assert.deepEqual(it.shown().map(one => [one.state, one.words]), [['loading', 'Loading picture…']]);
    const [shown] = await it.seen();
    assert.equal(shown.state, 'here');
    assert.match(shown.alt, /^Picture from Gus Dales, .*\d\d:00$/);
    assert.equal(it.desk.pictures.url('p'), 'data:image/png;bytes of p');
    assert.deepEqual(it.fetched(), [`${PATH}p`]);
});

test('a minimised window fetches nothing; a closed one keeps nothing', async () => {
    const it = await opened([picture('p')], bytes('p'));
    await it.seen();
    assert.ok(it.desk.pictures.url('p'));
    it.desk.minimise(ID);
    assert.ok(it.desk.pictures.url('p'));
    it.desk.windows.close(ID);
    assert.equal(it.desk.pictures.url('p'), null);
});

test('what cannot come says why; what may come is asked for again, once however often it is clicked', async () => {
    const it = await opened([failed('p', {can_retry: true}), failed('q', {reason: 'It is too large.'})]);
    const again = () => it.calls.filter(call => call.path === `${PATH}p/fetch`).length;
    assert.deepEqual((await it.seen()).map(one => [one.words, one.again]), [
        ['Picture not here. The carrier did not give it.', 'Try again'], ['Picture not here. It is too large.', ''],
    ]);
    let answer;
    it.answers[`POST ${PATH}p/fetch`] = () => new Promise((resolve, reject) => {
        answer = reject;
    });
    it.desk.getPicture(ID, 'm1', 'p');
    it.desk.getPicture(ID, 'm1', 'p');
    assert.equal(it.shown()[0].state, 'waiting');
    answer({status: 0, code: 'unreachable'});
    assert.deepEqual((await it.seen()).map(one => [one.words, one.again])[0], ['Picture not here. Riverline cannot be reached.', 'Try again']);
    assert.equal(again(), 1);
    it.answers[`POST ${PATH}p/fetch`] = picture('p', {state: 'waiting'});
    it.desk.getPicture(ID, 'm1', 'p');
    await it.event(11, news([picture('p', {state: 'waiting'}), failed('q')]));
    assert.equal(it.shown()[0].state, 'waiting');
    await it.event(12, news([failed('p', {can_retry: true}), failed('q')]));
    assert.equal(it.shown()[0].again, 'Try again');
    assert.equal(again(), 2);
});

test('a picture that does not get here says why and is loaded when the user tries again', async () => {
    const it = await opened([picture('p')], {[`BYTES ${PATH}p`]: {status: 0, code: 'unreachable'}});
    assert.deepEqual((await it.seen()).map(one => [one.state, one.words, one.again]), [
        ['lost', 'Picture not here. Riverline cannot be reached.', 'Try again'],
    ]);
    assert.equal(it.fetched().length, 1);
    Object.assign(it.answers, bytes('p'));
    it.desk.getPicture(ID, 'm1', 'p');
    assert.equal((await it.seen())[0].state, 'here');
    assert.equal(it.calls.filter(call => call.method === 'POST' && call.path.endsWith('/fetch')).length, 0);
});

test('what a browser does not show as a picture is not fetched', async () => {
    const it = await opened([picture('p', {content_type: 'image/svg+xml'})], bytes('p'));
    assert.deepEqual((await it.seen()).map(one => [one.state, one.again]), [['lost', '']]);
    assert.deepEqual(it.fetched(), []);
});

test('when the page keeps enough, a further picture waits for a click, and the first ones make room', async () => {
    const MB = 1024 * 1024;
    const it = await opened(['p', 'q', 'r'].map(id => picture(id, {bytes: 14 * MB})), bytes('p', 'q', 'r'));
    assert.deepEqual((await it.seen()).map(one => [one.state, one.show]), [['here', ''], ['here', ''], ['large', 'Show picture (14 MB)']]);
    assert.equal(it.fetched().length, 2);
    it.desk.getPicture(ID, 'm1', 'r', true);
    assert.deepEqual((await it.seen()).map(one => one.state), ['large', 'here', 'here']);
});

test('three are loaded at once, the newest first', async () => {
    const ids = ['a', 'b', 'c', 'd', 'e'];
    const open = [];
    const answers = Object.fromEntries(ids.map(id => [`BYTES ${PATH}${id}`, () => new Promise(resolve => open.push(resolve))]));
    const it = await opened(ids.map(id => picture(id)), answers);
    await it.seen();
    assert.equal(it.fetched().length, 3);
    open[0]({bytes: 'x'});
    await it.seen();
    assert.equal(it.fetched().at(-1), `${PATH}e`);
});

test('news of pictures may come before their message, twice, and wins over a page that was read before it', async () => {
    const it = await desk({conversations: [{conversation: session('s'), unread: 0, last_message: null, read: {}}]}, {answers: bytes('p')});
    it.desk.openConversation('s');
    it.desk.store.apply('13.1', news([picture('p')]));
    it.desk.store.apply('12.1', news([picture('p', {state: 'waiting'})]));
    it.desk.store.apply('11.1', {kind: 'message.created', message: text([picture('p', {state: 'waiting'})])});
    const states = () => it.desk.store.get('s').messages.list().map(one => one.pictures[0].state);
    assert.deepEqual(states(), ['stored']);
    it.desk.store.addPage('s', {items: [text([picture('p', {state: 'waiting'})])], next: null}, true);
    assert.deepEqual(states(), ['stored']);
});

/** The connection was lost for longer than the service can make up for. */
async function gap(it, pictures, page) {
    it.answers['GET /v1/conversations/s/messages'] = page;
    const known = {conversation: session('s'), unread: 0, last_message: text(pictures), read: {}};
    it.desk._restore(state({conversations: [known], cursor: '20.1'}));
}

test('after a gap the service knows better than what was heard before it', async () => {
    const it = await opened([picture('p', {state: 'waiting'})], bytes('p'));
    await it.event(11, news([failed('p', {can_retry: true})]));
    await gap(it, [picture('p', {state: 'waiting'})], {items: [text([picture('p')])], next: null});
    assert.equal((await it.seen())[0].state, 'here');
    it.desk.minimise(ID);
    await gap(it, [failed('p')], {items: [], next: null});
    it.desk.expand(ID);
    assert.equal((await it.seen())[0].state, 'lost');
});

test('news that come while the page is read after a gap win over it', async () => {
    const it = await opened([picture('p', {state: 'waiting'})], bytes('p'));
    await it.seen();
    let answer;
    await gap(it, [picture('p', {state: 'waiting'})], () => new Promise(resolve => {
        answer = resolve;
    }));
    await it.event(21, news([picture('p')]));
    answer({items: [text([picture('p', {state: 'waiting'})])], next: null});
    assert.equal((await it.seen())[0].state, 'here');
});
