// A session that opens again while its window is about to go.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const {desk} = require('./support/desk');
const {message, session, storage} = require('./support/wire');

const ID = 'conversation s';
const fromGus = (id, second) => message(id, 's', '', second, {sender: {kind: 'peer', id: '+14155552671'}, state: 'received'});
const entry = (conversation, unread, last) => ({conversation, unread, last_message: last, read: {}});
const closed = note => session('s', {state: 'closed', note: {state: note, id: null, reason: null}});
const updated = (change, conversation) => ({kind: 'conversation.updated', change, conversation});

/** Sally has closed the session; its Note is saved and the window has some seconds left. */
async function closing() {
    const it = await desk({conversations: [entry(session('s'), 0, fromGus('m1', 1))]});
    it.answers['POST /v1/sms-sessions/s/close'] = closed('waiting');
    it.desk.openConversation('s');
    it.desk.close(ID);
    await it.event(11, updated('closed', closed('waiting')));
    await it.event(12, updated('note', closed('saved')));
    return it;
}

test('a text that opens the session again keeps its window and is read there', async () => {
    const it = await closing();
    await it.event(13, updated('reopened', session('s')));
    await it.event(14, {kind: 'message.created', message: fromGus('m2', 2)});
    assert.equal(it.face(ID).canWrite, true);
    assert.equal(it.face(ID).note, null);
    assert.equal(it.wire().of('read').at(-1).message_id, 'm2');
    await it.clock.pass(10000);
    assert.deepEqual(it.ids(), [ID]);
});

test('a session that was opened again from elsewhere keeps its window too', async () => {
    const it = await closing();
    await it.event(13, updated('reopened', session('s')));
    await it.clock.pass(10000);
    assert.deepEqual(it.ids(), [ID]);
    assert.equal(it.face(ID).canWrite, true);
});

test('a text that meets the closing is not read in the window that goes; the window stays', async () => {
    const it = await desk({conversations: [entry(session('s'), 0, fromGus('m1', 1))]});
    let answer;
    it.answers['POST /v1/sms-sessions/s/close'] = () => new Promise(resolve => {
        answer = resolve;
    });
    it.desk.openConversation('s');
    it.desk.close(ID);
    it.attention = false;
    await it.event(11, {kind: 'message.created', message: fromGus('m2', 2)});
    await it.event(12, updated('closed', closed('none')));
    answer(closed('none'));
    await it.clock.pass(10000);
    assert.deepEqual(it.ids(), [ID]);
    assert.equal(it.desk.windows.get(ID).closing, false);
    assert.equal(it.wire().of('read').length, 0);
});

test('what stands in a window that is going is not read', async () => {
    const it = await desk({conversations: [entry(session('s'), 0, fromGus('m1', 1))]});
    it.desk.openConversation('s');
    it.attention = false;
    await it.event(11, {kind: 'message.created', message: fromGus('m2', 2)});
    it.answers['POST /v1/sms-sessions/s/close'] = () => new Promise(() => { /* no answer yet */ });
    it.desk.close(ID);
    it.attention = true;
    it.desk.wake();
    assert.equal(it.wire().of('read').length, 0);
});

test('a closing that the page did not live to see is made up for, unless there is something new', async () => {
    for (const [unread, calls] of [[0, 1], [1, 0]]) {
        const start = {conversations: [entry(session('s'), unread, fromGus('m1', 1))]};
        const before = await desk(start);
        before.desk.openConversation('s');
        before.desk.windows.update(ID, {closing: true});
        before.desk.stop();
        const after = await desk(start, {disks: before.disks, stayOffline: true});
        after.answers['POST /v1/sms-sessions/s/close'] = closed('waiting');
        await after.connect();
        assert.equal(after.calls.filter(call => call.path.endsWith('/close')).length, calls);
    }
});

test('another tab that keeps the window stops this one from taking it away', async () => {
    const it = await closing();
    it.desk.windows.adopt(JSON.stringify([{id: ID, kind: 'sms', conversationId: 's', minimised: false, closing: false}]));
    await it.clock.pass(10000);
    assert.deepEqual(it.ids(), [ID]);
});

/** A text came to all members of the number; Sally answers and presses X at once. */
async function answering(more = {}) {
    const offered = session('s', more, ['sally', 'sarah']);
    const it = await desk({conversations: [entry(offered, 0, fromGus('m1', 1))]});
    it.answers['POST /v1/sms-sessions/s/close'] = closed('waiting');
    it.desk.openConversation('s');
    it.desk.send(ID, 'Last words');
    it.desk.close(ID);
    it.closings = () => it.calls.filter(call => call.path.endsWith('/close')).length;
    it.answer = async frame => {
        it.wire().hear({ref: it.sent()[0].ref, ...frame});
        await it.clock.pass(50);
    };
    return it;
}

test('the session of which the first answer is still on its way is ended after it', async () => {
    const it = await answering();
    assert.equal(it.closings(), 0);
    assert.equal(it.desk.windows.get(ID).closing, true);
    await it.answer({type: 'ok', message_id: 'new 1', cursor: '11.1'});
    assert.equal(it.closings(), 1);
});

test('last words that are refused keep the window', async () => {
    const it = await answering({owner_id: 'sally'});
    await it.answer({type: 'error', problem: {code: 'cap_reached', status: 409, detail: 'No more today.'}});
    assert.equal(it.closings(), 0);
    assert.equal(it.desk.windows.get(ID).closing, false);
    assert.equal(it.desk.draft(ID), 'Last words');
    // Now that he has seen it, it ends.
    it.desk.close(ID);
    assert.equal(it.closings(), 1);
});

test('what was refused before the closing does not hinder it', async () => {
    const it = await answering({owner_id: 'sally'});
    await it.answer({type: 'error', problem: {code: 'quiet_hours', status: 409, allowed_at: '2026-11-23T08:00:00Z'}});
    assert.equal(it.desk.windows.get(ID).closing, false);
    it.desk.close(ID);
    assert.equal(it.closings(), 1);
});

/** Another tab of Sally's, which has none of the words that the first one sends. */
async function otherTab(it, conversation) {
    const tab = await desk({conversations: [entry(conversation, 0, fromGus('m1', 1))]}, {disks: {local: it.disks.local, session: storage()}});
    tab.closings = () => tab.calls.filter(call => call.path.endsWith('/close')).length;
    return tab;
}

test('a tab that starts while another one sends the last words leaves the end to it', async () => {
    for (const owner of [null, 'sally']) {
        const it = await answering({owner_id: owner});
        const wire = it.wire();
        const tab = await otherTab(it, session('s', {owner_id: owner}, ['sally', 'sarah']));
        assert.equal(tab.closings(), 0);
        assert.deepEqual(tab.ids(), [ID]);
        it.desk.windows.adopt(it.disks.local.getItem(it.desk.windows.storageKey()));
        assert.equal(it.closings(), 0);
        wire.hear({ref: wire.of('send')[0].ref, type: 'ok', message_id: 'new 1', cursor: '11.1'});
        await it.clock.pass(50);
        assert.equal(it.closings(), 1);
        assert.equal(tab.closings(), 0);
    }
});

test('a window that is taken away while the last words are on their way ends its session after them', async () => {
    const inOtherTab = it => it.desk.windows.adopt('[]');
    const again = it => it.desk.close(ID);
    for (const takeAway of [inOtherTab, again]) {
        const it = await answering();
        takeAway(it);
        assert.deepEqual(it.ids(), []);
        assert.equal(it.closings(), 0);
        await it.answer({type: 'ok', message_id: 'new 1', cursor: '11.1'});
        assert.equal(it.closings(), 1);
    }
});

test('a reload while the last words are on their way sends them and ends the session', async () => {
    const it = await answering();
    it.desk.stop();
    const after = await desk({conversations: [entry(session('s', {}, ['sally', 'sarah']), 0, fromGus('m1', 1))]}, {
        disks: it.disks, answers: {'POST /v1/sms-sessions/s/close': closed('waiting')},
    });
    const closings = () => after.calls.filter(call => call.path.endsWith('/close')).length;
    assert.deepEqual([after.desk.windows.get(ID).closing, closings()], [true, 0]);
    after.wire().hear({ref: after.sent()[0].ref, type: 'ok', message_id: 'new 1', cursor: '11.1'});
    await after.clock.pass(50);
    assert.equal(closings(), 1);
});
