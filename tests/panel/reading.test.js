// Read marks: told once, and again when the connection that carried them was lost.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const {desk} = require('./support/desk');
const {message, session} = require('./support/wire');

const ID = 'conversation s';
const fromGus = (id, second) => message(id, 's', '', second, {sender: {kind: 'peer', id: '+14155552671'}, state: 'received'});
const start = {conversations: [{conversation: session('s'), unread: 1, last_message: fromGus('m1', 1), read: {}}]};
const read = messageId => ({kind: 'conversation.read', conversation_id: 's', member_id: 'sally', message_id: messageId});

/** Sally has read what stands in the window, and the connection is lost right after. */
async function lost(heard) {
    const it = await desk(start);
    it.desk.openConversation('s');
    await it.clock.pass(50);
    assert.deepEqual(it.wire().of('read').map(frame => frame.message_id), ['m1']);
    if (heard) {
        await it.event(11, read('m1'));
    }
    it.desk.minimise(ID);
    it.wire().end(1006);
    await it.clock.pass(5000);
    it.wire().welcome(true);
    await it.clock.pass(50);
    return it;
}

test('a mark that the service never spoke of is told again, once for each connection', async () => {
    const it = await lost(false);
    assert.deepEqual(it.wire().of('read').map(frame => frame.message_id), ['m1']);
    await it.event(12, read('m1'));
    it.wire().end(1006);
    await it.clock.pass(5000);
    it.wire().welcome(true);
    await it.clock.pass(50);
    assert.deepEqual(it.wire().of('read'), []);
});

test('a mark that the service has heard of is not told again', async () => {
    const it = await lost(true);
    assert.deepEqual(it.wire().of('read'), []);
});

test('the Note of a session is announced with its record when it is stored, not before', async () => {
    const it = await desk(start);
    const saved = [];
    it.desk.store.on('saved', record => saved.push(record));
    const updated = (change, state) => ({
        kind: 'conversation.updated', change, conversation: session('s', {state: 'closed', note: {state, id: null, reason: null}}),
    });
    await it.event(11, updated('closed', 'waiting'));
    await it.event(12, updated('note', 'failed'));
    assert.deepEqual(saved, []);
    await it.event(13, updated('note', 'saved'));
    assert.deepEqual(saved.map(record => ({...record})), [{module: 'Contacts', id: 'gus'}]);
});
