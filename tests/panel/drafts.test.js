// Words that were not sent: they stay in sight until the user has decided about them, and go to nobody twice.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const {desk} = require('./support/desk');
const {chat, message, session} = require('./support/wire');

const gus = {module: 'Contacts', id: 'gus'};
const fromGus = message('m1', 's', '', 1, {sender: {kind: 'peer', id: '+14155552671'}, state: 'received'});
const entry = (conversation, last) => ({conversation, unread: 0, last_message: last, read: {}});
const withChat = {conversations: [entry(chat('c', ['sally', 'sarah']), message('m1', 'c', 'sarah', 1))]};
const refusal = (it, code) => ({type: 'error', ref: it.sent().at(-1).ref, problem: {code, status: 409, detail: 'x'}});

test('a text that is refused after its window was closed brings the window back', async () => {
    const it = await desk(withChat);
    it.desk.openChat('sarah');
    it.desk.send('chat sarah', 'Hello');
    it.desk.close('chat sarah');
    it.wire().hear(refusal(it, 'rate_exceeded'));
    await it.clock.pass(50);
    assert.deepEqual(it.ids(), ['chat sarah']);
    assert.deepEqual(it.lines('chat sarah').filter(line => line.failed).map(line => [line.text, line.retry]), [['Hello', 'Try again']]);
});

test('words that come back to a window that was closed stand in its composer', async () => {
    const it = await desk(withChat);
    it.desk.openChat('sarah');
    it.desk.send('chat sarah', 'Hello');
    it.desk.close('chat sarah');
    it.wire().hear(refusal(it, 'forbidden'));
    await it.clock.pass(50);
    assert.equal(it.desk.draft('chat sarah'), 'Hello');
    assert.equal(it.desk.contents.problem('chat sarah').code, 'forbidden');
});

test('the words of a window that gives way to another are not lost', async () => {
    const it = await desk();
    let open;
    it.answers['POST /v1/sms-sessions'] = () => new Promise(resolve => {
        open = resolve;
    });
    it.desk.openText(gus, 'Gus Dales', 'phone_mobile');
    const [first] = it.ids();
    it.desk.saveDraft(first, 'Typed early');
    it.desk.windows.open({id: 'pop-up', kind: 'sms', conversationId: 's'});
    it.desk.saveDraft('pop-up', 'Typed there');
    const told = [];
    it.desk.on('draft', id => told.push(id));
    open(session('s'));
    await it.clock.pass(50);
    assert.deepEqual(it.ids(), ['pop-up']);
    assert.equal(it.desk.draft('pop-up'), 'Typed early\nTyped there');
    assert.equal(it.desk.draft(first), '');
    assert.deepEqual(told, ['pop-up']);
});

test('a new session gets only what the old one refused as too late', async () => {
    const it = await desk({conversations: [entry(session('s'), fromGus)]});
    it.desk.windows.open({id: 'w', kind: 'sms', conversationId: 's'});
    it.desk.send('w', 'Stored');
    it.wire().hear({type: 'ok', ref: it.sent().at(-1).ref});
    await it.clock.pass(50);
    it.desk.send('w', 'Too late');
    it.wire().hear(refusal(it, 'session_closed'));
    await it.clock.pass(50);
    it.desk.send('w', 'On its way');
    await it.event(11, {kind: 'conversation.updated', change: 'closed', conversation: session('s', {state: 'closed'})});
    it.answers['POST /v1/sms-sessions'] = session('t');
    it.desk.startNew('w');
    await it.clock.pass(50);
    assert.deepEqual(it.sent().filter(frame => frame.conversation_id === 't').map(frame => frame.text), ['Too late']);
    assert.deepEqual([...it.desk.outgoing.list('s')].map(text => text.text), ['Stored', 'On its way']);
});
