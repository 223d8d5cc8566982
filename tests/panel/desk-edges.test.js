// What happens to windows at awkward moments: somebody else is faster, the connection comes back, there is no room.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const {desk} = require('./support/desk');
const {session, chat, message} = require('./support/wire');

const entry = (conversation, unread = 0, last = null, read = {}) => ({conversation, unread, last_message: last, read});
const fromGus = (id, second) => message(id, 's', null, second, {sender: {kind: 'peer', id: '+14155552671'}, state: 'received'});
const offered = {conversations: [entry(session('s', {owner_id: null}, ['sally', 'jim']), 0, fromGus('m1', 1))]};
const claimedByJim = {kind: 'conversation.updated', change: 'claimed', conversation: session('s', {owner_id: 'jim'}, ['jim'])};

test('a session that somebody else took goes away by itself', async () => {
    const it = await desk(offered);
    it.desk.openConversation('s');
    await it.event(11, claimedByJim);
    assert.deepEqual(it.ids(), []);
});

test('with a draft in it the window stays, and says who answered', async () => {
    const it = await desk(offered);
    it.desk.openConversation('s');
    it.desk.saveDraft('conversation s', 'I wanted to say');
    await it.event(11, claimedByJim);
    assert.deepEqual(it.ids(), ['conversation s']);
    const face = it.face('conversation s');
    assert.equal(face.canWrite, false);
    assert.equal(face.strip.words, 'Jim Brennan has answered this one.');
});

test('a text larger than a frame may be goes by REST, with the same id after a lost answer', async () => {
    const it = await desk({conversations: [entry(chat('c', ['sally', 'sarah']), 0, message('m1', 'c', 'sarah', 1))]});
    it.answers['POST /v1/conversations/c/messages'] = {code: 'unreachable', status: 0};
    it.desk.openConversation('c');
    const text = '\u65e5'.repeat(3500);
    assert.equal(it.desk.send('chat sarah', text), true);
    await it.clock.pass(2100);
    const posts = it.calls.filter(call => call.path === '/v1/conversations/c/messages' && call.method === 'POST');
    assert.equal(posts.length, 2);
    assert.deepEqual({...posts[1].body}, {message_id: 'new 1', text});
    assert.deepEqual(it.sent(), []);
});

test('a chat that was opened without a connection is ready when the connection is back', async () => {
    const it = await desk();
    it.answers['POST /v1/chats'] = {code: 'unreachable', status: 0};
    it.desk.openChat('sarah');
    await it.clock.pass(50);
    assert.equal(it.desk.send('chat sarah', 'Hello'), false);
    it.answers['POST /v1/chats'] = chat('c', ['sally', 'sarah']);
    it.wire().end(1006);
    await it.clock.pass(5000);
    it.wire().welcome(true);
    await it.clock.pass(50);
    assert.equal(it.desk.send('chat sarah', 'Hello'), true);
    assert.equal(it.face('chat sarah').strip, null);
});

test('the window in which the user writes is not minimised to make room', async () => {
    const it = await desk();
    for (const id of ['a', 'b', 'c']) {
        it.desk.windows.open({id, kind: 'chat', memberId: id});
    }
    it.desk.windows.fit(700, 'a');
    assert.deepEqual(it.ids(), ['a', 'b -', 'c']);
});
