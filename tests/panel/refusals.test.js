// Texts that did not go: said where the user looks, with the words kept, and sent again only by a person.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const {desk} = require('./support/desk');
const {message, session} = require('./support/wire');

const ID = 'conversation s';
const AGAIN = 'POST /v1/conversations/s/messages/m1/resend';
const mine = (id, state, more = {}) => message(id, 's', 'sally', 1, {state, ...more});

/** The window of a session whose last text is this one. */
async function opened(last) {
    const it = await desk({conversations: [{conversation: session('s'), unread: 0, last_message: last, read: {}}]});
    it.names.gus = 'Gus Dales';
    it.desk.openConversation('s');
    await it.clock.pass(50);
    it.again = () => it.calls.filter(call => `${call.method} ${call.path}` === AGAIN).map(call => call.options.key);
    it.buttons = () => it.lines(ID).filter(line => line.text).map(line => [line.id, line.retry]);
    return it;
}

test('a failed text is sent again as one new text, however often the user clicks', async () => {
    const it = await opened(mine('m1', 'failed', {reason: 'The carrier is busy.'}));
    it.answers[AGAIN] = mine('m2', 'queued', {resend_of: 'm1'});
    assert.match(it.lines(ID).at(-1).meta, /Not sent: The carrier is busy\.$/);
    assert.deepEqual(it.buttons(), [['m1', 'Send again']]);
    it.desk.retry(ID, 'm1');
    it.desk.retry(ID, 'm1');
    assert.deepEqual(it.buttons(), [['m1', '']]);
    assert.deepEqual(it.again(), ['again-m1']);
    assert.deepEqual(it.sent(), []);
    await it.event(11, {kind: 'message.created', message: mine('m2', 'failed', {resend_of: 'm1', created_at: '2026-11-22T09:00:09Z'})});
    assert.deepEqual(it.buttons(), [['m1', ''], ['m2', 'Send again']]);
});

test('what may have arrived says that it may arrive twice; what a colleague sent again is not offered', async () => {
    const it = await opened(mine('m1', 'unknown'));
    assert.deepEqual(it.buttons(), [['m1', 'Send again (it may arrive twice)']]);
    await it.event(11, {kind: 'message.created', message: message('m2', 's', 'jim', 9, {state: 'queued', resend_of: 'm1'})});
    assert.deepEqual(it.buttons(), [['m1', ''], ['m2', '']]);
});

test('a refused repetition says why and may be tried again with the same key', async () => {
    const it = await opened(mine('m1', 'failed'));
    it.answers[AGAIN] = {status: 0, code: 'unreachable'};
    it.desk.retry(ID, 'm1');
    await it.clock.pass(50);
    assert.equal(it.face(ID).strip.words, 'Riverline cannot be reached.');
    assert.deepEqual(it.buttons(), [['m1', 'Send again']]);
    it.answers[AGAIN] = {status: 409, code: 'opted_out', since: '2026-11-20T12:00:00Z', detail: 'no'};
    it.desk.retry(ID, 'm1');
    it.face(ID);
    await it.clock.pass(50);
    it.face(ID);
    await it.clock.pass(50);
    assert.match(it.face(ID).strip.words, /^Since 2026-11-20 \d\d:00, Gus Dales wants no texts from Support\. They can text START/);
    assert.deepEqual(it.again(), ['again-m1', 'again-m1']);
});

test('a text that may not go is refused in words, and the words go back into the composer', async () => {
    for (const [problem, words] of [
        [{status: 409, code: 'opted_out', since: '2026-11-20T12:00:00Z', detail: 'no'}, /wants no texts from Support\. They can text START/],
        [{status: 403, code: 'country_not_allowed', detail: 'This number belongs to RU.'}, /^This number belongs to RU\.$/],
        [{status: 429, code: 'cap_reached', detail: 'That is all for today.'}, /^That is all for today\.$/],
        [{status: 409, code: 'cannot_be_answered', detail: 'It cannot be answered.'}, /^It cannot be answered\.$/],
    ]) {
        const it = await opened(mine('m1', 'sent'));
        assert.equal(it.desk.send(ID, 'Are you there?'), true);
        it.wire().hear({type: 'error', ref: it.sent()[0].ref, problem});
        await it.clock.pass(5000);
        assert.match(it.face(ID).strip.words, words);
        assert.equal(it.face(ID).strip.action, null);
        assert.equal(it.desk.draft(ID), 'Are you there?');
        assert.equal(it.sent().length, 1);
        assert.deepEqual(it.buttons(), [['m1', '']]);
    }
});

test('a text that waits for its time, and one that was called off, say so', async () => {
    const it = await opened(mine('m1', 'scheduled'));
    assert.match(it.lines(ID).at(-1).meta, /Will be sent later$/);
    await it.event(11, {kind: 'message.updated', conversation_id: 's', message_id: 'm1', state: 'canceled', reason: 'They texted STOP.'});
    assert.match(it.lines(ID).at(-1).meta, /Called off: They texted STOP\.$/);
});

test('a text that waits is called off once, and whoever asked hears what became of it', async () => {
    const CANCEL = 'POST /v1/conversations/s/messages/m1/cancel';
    const it = await opened(mine('m1', 'scheduled', {send_at: '2026-11-22T10:30:00Z'}));
    const asked = () => it.calls.filter(call => `${call.method} ${call.path}` === CANCEL).length;
    const button = () => it.lines(ID).at(-1).cancel;
    assert.equal(button(), 'Cancel');
    it.answers[CANCEL] = {status: 409, code: 'not_to_be_called_off', detail: 'It went out.'};
    it.desk.callOff(ID, 'm1');
    it.desk.callOff(ID, 'm1');
    assert.equal(button(), '');
    await it.clock.pass(50);
    assert.equal(asked(), 1);
    assert.equal(it.face(ID).strip.words, 'It went out.');
    assert.equal(button(), 'Cancel');
    it.answers[CANCEL] = mine('m1', 'canceled');
    it.desk.callOff(ID, 'm1');
    await it.clock.pass(50);
    assert.equal(asked(), 2);
    assert.match(it.lines(ID).at(-1).meta, /Called off$/);
    assert.equal(button(), '');
    assert.equal(it.face(ID).strip, null);
});

test('only a text of mine that has not gone out can be called off', async () => {
    for (const [last, word] of [[mine('m1', 'queued'), 'Cancel'], [mine('m1', 'sending'), ''], [mine('m1', 'sent'), ''],
        [message('m1', 's', 'jim', 1, {state: 'queued'}), '']]) {
        const it = await opened(last);
        assert.equal(it.lines(ID).at(-1).cancel, word);
    }
});

test('a text into somebody\'s night waits for the user: at the time that is allowed, or now because he means it', async () => {
    for (const [later, more] of [[true, {send_at: '2026-11-23T16:00:00Z'}], [false, {despite_quiet_hours: true}]]) {
        const it = await opened(mine('m1', 'sent'));
        it.desk.send(ID, 'Are you awake?');
        const problem = {status: 409, code: 'quiet_hours', allowed_at: '2026-11-23T16:00:00Z', detail: 'It is night there.'};
        it.wire().hear({type: 'error', ref: it.sent()[0].ref, problem});
        await it.clock.pass(50);
        const line = it.lines(ID).at(-1);
        assert.match(line.meta, /^Not sent: It is night there\.$/);
        assert.match(line.later, /^Send at 2026-11-2\d \d\d:00$/);
        assert.equal(line.retry, 'Send now');
        it.desk.retry(ID, line.id, later);
        const {message_id: id, text, send_at, despite_quiet_hours} = it.sent()[1];
        assert.deepEqual([id, text], [line.id, 'Are you awake?']);
        assert.deepEqual(JSON.parse(JSON.stringify({send_at, despite_quiet_hours})), more);
    }
    const it = await opened(mine('m1', 'scheduled', {send_at: '2026-11-22T10:30:00Z'}));
    assert.match(it.lines(ID).at(-1).meta, /Goes out at \d\d:30$/);
});
