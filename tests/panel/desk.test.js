// The journeys of the panels without a page: what the user does, what comes in, what is on the wire and on the screen.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const {desk, FakeSocket} = require('./support/desk');
const {chat, message, session} = require('./support/wire');

const fromGus = (id, second, conversation = 's') =>
    message(id, conversation, '', second, {sender: {kind: 'peer', id: '+14155552671'}, state: 'received'});
const entry = (conversation, unread = 0, last = null) => ({conversation, unread, last_message: last, read: {}});
const gus = {module: 'Contacts', id: 'gus'};
const openSms = {conversations: [entry(session('s'), 0, fromGus('m1', 1))]};

test('a chat opens with its history and takes the focus; opening it twice shows one window', async () => {
    const it = await desk();
    it.answers['POST /v1/chats'] = chat('c', ['sally', 'sarah']);
    it.answers['GET /v1/conversations/c/messages'] = {items: [message('m1', 'c', 'sarah', 1)], next: null};
    it.desk.openChat('sarah');
    it.desk.openChat('sarah');
    await it.clock.pass(50);
    assert.deepEqual(it.ids(), ['chat sarah']);
    assert.deepEqual(it.focused, ['chat sarah', 'chat sarah']);
    assert.equal(it.calls.filter(call => call.path === '/v1/chats').length, 1);
    assert.equal(it.face('chat sarah').title, 'Sarah Smith');
    assert.deepEqual(it.lines('chat sarah').map(line => line.day || line.text), ['Today', 'text m1']);
});

test('a message is on its way at once, has its id from here, and is replaced by what the service stored', async () => {
    const it = await desk({conversations: [entry(chat('c', ['sally', 'sarah']), 0, message('m1', 'c', 'sarah', 1))]});
    it.desk.openChat('sarah');
    await it.clock.pass(50);
    assert.equal(it.desk.send('chat sarah', 'Hello'), true);
    assert.deepEqual(it.sent().map(frame => [frame.conversation_id, frame.message_id, frame.text]), [['c', 'new 1', 'Hello']]);
    assert.equal(it.lines('chat sarah').at(-1).state, 'waiting');
    it.wire().hear({type: 'ok', ref: it.sent()[0].ref, message_id: 'new 1', cursor: '11.1'});
    await it.clock.pass(50);
    assert.equal(it.lines('chat sarah').at(-1).text, 'Hello');
    await it.event(11, {kind: 'message.created', message: message('new 1', 'c', 'sally', 2, {text: 'Hello'})});
    assert.deepEqual(it.lines('chat sarah').filter(line => line.text === 'Hello').map(line => line.state), ['stored']);
    await it.event(12, {kind: 'conversation.read', conversation_id: 'c', member_id: 'sarah', message_id: 'new 1'});
    assert.match(it.lines('chat sarah').at(-1).meta, /Read$/);
});

test('texts written without a connection wait, and go once, in order, with the same ids', async () => {
    const it = await desk({conversations: [entry(chat('c', ['sally', 'sarah']), 0, message('m1', 'c', 'sarah', 1))]});
    it.desk.openChat('sarah');
    it.desk.send('chat sarah', 'one');
    it.wire().end(1006);
    it.desk.send('chat sarah', 'two');
    await it.clock.pass(5000);
    assert.match(it.lines('chat sarah').at(-1).meta, /Waits for the connection|Sending/);
    it.wire().welcome(true);
    await it.clock.pass(50);
    it.wire().hear({type: 'ok', ref: it.wire().of('send')[0].ref});
    await it.clock.pass(50);
    assert.deepEqual(it.wire().of('send').map(frame => [frame.message_id, frame.text]), [['new 1', 'one'], ['new 2', 'two']]);
});

test('a text that waited for minutes is not sent behind the back of the user', async () => {
    const it = await desk({conversations: [entry(chat('c', ['sally', 'sarah']), 0, message('m1', 'c', 'sarah', 1))]});
    it.desk.openChat('sarah');
    it.wire().end(1012, '{"retry_ms":600000}');
    await it.clock.pass(10);
    it.desk.send('chat sarah', 'late');
    await it.clock.pass(400000);
    it.desk.wake();
    await it.clock.pass(10);
    it.wire().welcome(true);
    await it.clock.pass(50);
    assert.equal(it.sent().length, 0);
    const line = it.lines('chat sarah').at(-1);
    assert.equal(line.retry, 'Try again');
    it.desk.retry('chat sarah', line.id);
    assert.equal(it.sent().length, 1);
});

test('unsent texts survive a reload of the page', async () => {
    const start = {conversations: [entry(chat('c', ['sally', 'sarah']), 0, message('m1', 'c', 'sarah', 1))]};
    const before = await desk(start);
    before.desk.openChat('sarah');
    before.desk.send('chat sarah', 'kept');
    before.desk.saveDraft('chat sarah', 'half a sent');
    const after = await desk(start, {disks: before.disks});
    assert.deepEqual(after.ids(), ['chat sarah']);
    assert.deepEqual(after.sent().map(frame => [frame.message_id, frame.text]), [['new 1', 'kept']]);
    assert.equal(after.desk.draft('chat sarah'), 'half a sent');
});

test('nothing and too much are refused here with a sentence', async () => {
    const it = await desk(openSms);
    const id = 'conversation s';
    it.desk.openConversation('s');
    assert.equal(it.desk.send(id, ' \n'), false);
    assert.match(it.face(id).strip.words, /nothing to send/);
    assert.equal(it.desk.send(id, '😀'.repeat(1601)), false);
    assert.match(it.face(id).strip.words, /1601 characters, and 1600/);
    assert.equal(it.desk.send(id, '😀'.repeat(1600)), true);
});

test('a text to a record: Sugar is asked as the user, the window says what went wrong, and tries again', async () => {
    const it = await desk();
    it.answers['POST /v1/sms-sessions'] = {code: 'sugar_unreachable', status: 503, detail: 'Sugar cannot be reached.'};
    it.desk.openText(gus, 'Gus Dales', 'phone_mobile');
    await it.clock.pass(50);
    const id = it.desk.windows.list()[0].id;
    const call = it.calls.find(one => one.path === '/v1/sms-sessions');
    assert.deepEqual({...call.body}, {module: 'Contacts', record_id: 'gus', phone_field: 'phone_mobile'});
    assert.equal(call.options.sugar, true);
    assert.equal(it.face(id).title, 'Gus Dales');
    assert.equal(it.face(id).strip.words, 'Sugar cannot be reached.');
    assert.equal(it.face(id).strip.action, 'again');
    it.answers['POST /v1/sms-sessions'] = session('s');
    it.desk.again(id);
    await it.clock.pass(50);
    assert.equal(it.face(id).strip, null);
    assert.equal(it.face(id).sub, '+1 415 555 2671 · from Support');
});

test('a text that comes in opens its window, takes no focus, and is read when the user looks', async () => {
    const it = await desk({conversations: [entry(session('s'))]});
    it.attention = false;
    await it.event(11, {kind: 'message.created', message: fromGus('m1', 1)});
    const id = it.desk.windows.list()[0].id;
    assert.deepEqual(it.ids(), [id]);
    assert.deepEqual(it.focused, []);
    assert.equal(it.wire().of('read').length, 0);
    assert.equal(it.desk.store.unreadTotal(), 1);
    it.attention = true;
    it.desk.wake();
    assert.equal(it.wire().of('read')[0].message_id, 'm1');
    assert.equal(it.desk.store.unreadTotal(), 0);
});

test('a minimised window counts what is new and is not read', async () => {
    const it = await desk(openSms);
    const id = 'conversation s';
    it.desk.openConversation('s');
    it.desk.minimise(id);
    await it.event(11, {kind: 'message.created', message: fromGus('m2', 2)});
    await it.event(12, {kind: 'message.created', message: fromGus('m3', 3)});
    assert.equal(it.face(id).unread, 2);
    assert.deepEqual(it.ids(), [`${id} -`]);
    it.desk.expand(id);
    await it.clock.pass(50);
    assert.equal(it.face(id).unread, 0);
});

test('do not disturb: windows that open by themselves stay small', async () => {
    const it = await desk({presence_choice: 'do_not_disturb', conversations: [entry(session('s'))]});
    await it.event(11, {kind: 'message.created', message: fromGus('m1', 1)});
    assert.match(it.ids()[0], / -$/);
});

test('what came while nobody was here: texts pop up, chats wait small', async () => {
    const it = await desk({conversations: [
        entry(session('s'), 1, fromGus('m1', 1)), entry(chat('c', ['sally', 'sarah']), 2, message('m2', 'c', 'sarah', 2)),
    ]});
    assert.deepEqual(it.ids(), ['conversation s', 'chat sarah -']);
});

test('the first words of a chat that was opened long ago', async () => {
    const it = await desk();
    it.answers['GET /v1/conversations/c'] = chat('c', ['sally', 'sarah']);
    await it.event(11, {kind: 'message.created', message: message('m1', 'c', 'sarah', 1)});
    assert.deepEqual(it.ids(), ['chat sarah']);
});

test('an unknown number is shown as that', async () => {
    const it = await desk({conversations: [entry(session('s', {record: null}), 1, fromGus('m1', 1))]});
    assert.equal(it.face('conversation s').title, '+1 415 555 2671');
    assert.match(it.face('conversation s').sub, /^Unknown number/);
});

test('the name comes from Sugar; where Sugar says no the number stands', async () => {
    const it = await desk(openSms);
    it.names.gus = 'Gus Dales';
    it.desk.openConversation('s');
    assert.equal(it.face('conversation s').title, '+1 415 555 2671');
    await it.clock.pass(50);
    assert.equal(it.face('conversation s').title, 'Gus Dales');
});

test('closing a session saves a Note, says so, and the window goes six seconds later', async () => {
    const it = await desk(openSms);
    const closed = note => session('s', {state: 'closed', note: {state: note, id: null, reason: note === 'failed' ? 'Sugar refused it.' : null}});
    it.answers['POST /v1/sms-sessions/s/close'] = closed('waiting');
    it.desk.openConversation('s');
    it.desk.close('conversation s');
    assert.equal(it.face('conversation s').note.state, 'waiting');
    await it.event(11, {kind: 'conversation.updated', change: 'closed', conversation: closed('waiting')});
    await it.event(12, {kind: 'conversation.updated', change: 'note', conversation: closed('failed')});
    assert.equal(it.face('conversation s').note.words, 'Not saved to Sugar. Sugar refused it.');
    await it.event(13, {kind: 'conversation.updated', change: 'note', conversation: closed('saved')});
    assert.equal(it.face('conversation s').note.state, 'saved');
    await it.clock.pass(5000);
    assert.equal(it.ids().length, 1);
    await it.clock.pass(1001);
    assert.deepEqual(it.ids(), []);
});

test('closing a session without a message just closes', async () => {
    const it = await desk({conversations: [entry(session('s'))]});
    it.answers['POST /v1/sms-sessions/s/close'] = session('s', {state: 'closed'});
    it.desk.openConversation('s');
    it.desk.close('conversation s');
    await it.clock.pass(50);
    assert.deepEqual(it.ids(), []);
});

test('a closing that fails says so and can be tried again', async () => {
    const it = await desk(openSms);
    it.answers['POST /v1/sms-sessions/s/close'] = {code: 'unreachable', status: 0};
    it.desk.openConversation('s');
    it.desk.close('conversation s');
    await it.clock.pass(50);
    assert.equal(it.face('conversation s').strip.action, 'again');
    it.answers['POST /v1/sms-sessions/s/close'] = session('s', {state: 'closed'});
    it.desk.again('conversation s');
    await it.clock.pass(50);
    assert.deepEqual(it.ids(), []);
});

test('a session that waits for one of several is only put away', async () => {
    const it = await desk({conversations: [entry(session('s', {owner_id: null}, ['sally', 'jim']), 0, fromGus('m1', 1))]});
    it.desk.openConversation('s');
    it.desk.close('conversation s');
    assert.deepEqual(it.ids(), []);
    assert.equal(it.calls.some(call => call.path.endsWith('/close')), false);
    assert.deepEqual([...it.rl.waitingTexts(it.desk, it.texts)].map(row => row.id), ['s']);
});

test('who is second in a race for a session is told who was first and keeps the words', async () => {
    const it = await desk({conversations: [entry(session('s', {owner_id: null}, ['sally', 'jim']), 0, fromGus('m1', 1))]});
    it.desk.openConversation('s');
    it.desk.send('conversation s', 'I do it');
    it.wire().hear({type: 'error', ref: it.sent()[0].ref, problem: {code: 'session_claimed', status: 409, detail: 'x', owner_id: 'jim'}});
    await it.clock.pass(50);
    assert.equal(it.desk.draft('conversation s'), 'I do it');
    assert.equal(it.face('conversation s').strip.words, 'Jim Brennan has answered this one.');
    await it.event(11, {kind: 'conversation.updated', change: 'claimed', conversation: session('s', {owner_id: 'jim'}, ['jim'])});
    assert.equal(it.face('conversation s').canWrite, false);
    it.desk.close('conversation s');
    assert.deepEqual(it.ids(), []);
});

test('a text into a session that is over starts a new one in the same window', async () => {
    const it = await desk({conversations: [entry(session('s', {state: 'closed', note: {state: 'waiting', id: null, reason: null}}), 0, fromGus('m1', 1))]});
    it.desk.windows.open({id: 'w', kind: 'sms', conversationId: 's'});
    it.desk.send('w', 'One more thing');
    it.wire().hear({type: 'error', ref: it.sent()[0].ref, problem: {code: 'session_closed', status: 409, detail: 'x'}});
    await it.clock.pass(50);
    assert.equal(it.face('w').strip.action, 'new');
    it.answers['POST /v1/sms-sessions'] = session('t');
    it.desk.startNew('w');
    await it.clock.pass(50);
    assert.deepEqual(it.sent().slice(1).map(frame => [frame.conversation_id, frame.text]), [['t', 'One more thing']]);
    assert.equal(it.desk.windows.get('w').conversationId, 't');
    assert.equal(it.face('w').strip, null);
});

test('the next session with the same two numbers comes into the window of the last one', async () => {
    const it = await desk({conversations: [entry(session('s', {state: 'closed', note: {state: 'waiting', id: null, reason: null}}))]});
    it.desk.windows.open({id: 'w', kind: 'sms', conversationId: 's'});
    await it.event(11, {kind: 'conversation.created', conversation: session('t')});
    await it.event(12, {kind: 'message.created', message: fromGus('m9', 9, 't')});
    assert.deepEqual(it.ids(), ['w']);
    assert.equal(it.desk.windows.get('w').conversationId, 't');
});

test('windows that another tab opens get their history here as well', async () => {
    const it = await desk(openSms);
    it.answers['GET /v1/conversations/s/messages'] = {items: [fromGus('m1', 1), fromGus('m0', 0)], next: null};
    const other = window => it.desk.windows.adopt(JSON.stringify([window]));
    other({id: 'w', kind: 'sms', minimised: true, conversationId: 's'});
    await it.clock.pass(50);
    other({id: 'w', kind: 'sms', minimised: false, conversationId: 's'});
    await it.clock.pass(50);
    assert.deepEqual(it.lines('w').filter(line => line.text).map(line => line.id), ['m0', 'm1']);
    other({id: 'v', kind: 'sms', minimised: false, record: gus});
    await it.clock.pass(50);
    assert.equal(it.calls.some(call => call.method === 'POST'), false);
});

test('only the tab that the user looks at minimises what does not fit', async () => {
    const it = await desk(openSms);
    it.desk.openConversation('s');
    it.desk.toggleMembers();
    it.attention = false;
    it.desk.fit(400);
    assert.deepEqual(it.ids(), ['conversation s', 'members']);
    it.attention = true;
    it.desk.fit(400);
    assert.deepEqual(it.ids(), ['conversation s -', 'members']);
});

test('the words about a colleague who types end by themselves', async () => {
    const it = await desk({conversations: [entry(chat('c', ['sally', 'sarah']), 0, message('m1', 'c', 'sarah', 1))]});
    it.desk.openChat('sarah');
    await it.clock.pass(50);
    let drawn = '';
    it.desk.on('change', () => {
        drawn = it.face('chat sarah').typing;
    });
    it.wire().hear({type: 'signal', signal: {kind: 'typing', conversation_id: 'c', member_id: 'sarah'}});
    await it.clock.pass(5000);
    assert.equal(drawn, 'Sarah is typing…');
    await it.clock.pass(1100);
    assert.equal(drawn, '');
});

test('typing is told at most every three seconds', async () => {
    const it = await desk({conversations: [entry(chat('c', ['sally', 'sarah']), 0, message('m1', 'c', 'sarah', 1))]});
    it.desk.openChat('sarah');
    for (let i = 0; i < 50; i++) {
        it.desk.typing('chat sarah');
        await it.clock.pass(100);
    }
    assert.equal(it.wire().of('typing').length, 2);
});

test('idle is told, and told again after a new connection', async () => {
    const it = await desk();
    it.desk.idle(true);
    it.wire().end(1006);
    await it.clock.pass(500);
    it.wire().welcome(true);
    assert.deepEqual(it.wire().of('presence').map(frame => frame.state), ['away']);
});

test('own presence that cannot be set goes back and says why', async () => {
    const it = await desk();
    it.answers['PUT /v1/me/presence'] = {code: 'unreachable', status: 0};
    it.desk.choosePresence('busy');
    assert.equal(it.desk.store.choice, 'busy');
    await it.clock.pass(50);
    assert.equal(it.desk.store.choice, null);
    assert.equal(it.desk.contents.problem('members').code, 'unreachable');
});

test('the status in words: connecting, offline, refused, blocked', async () => {
    const it = await desk({}, {stayOffline: true});
    const words = () => it.rl.statusWords(it.desk, it.texts);
    assert.equal(words(), 'Connecting…');
    it.wire().end(1006);
    assert.match(words(), /^No connection/);
    it.desk.refuse({code: 'sugar_token_invalid', status: 401});
    assert.equal(it.desk.status, 'refused');
    assert.match(words(), /Log out of Sugar and in again/);
    it.desk.hintAt('LBL_RL_CSP_ADMIN', ['https://a', 'wss://a']);
    assert.match(words(), /https:\/\/a wss:\/\/a$/);
    await it.clock.pass(5000);
    it.wire().welcome(true);
    assert.equal(words(), '');
});

test('a renewal that is refused while the connection lives is told, and goes with "Try again"', async () => {
    const it = await desk();
    it.desk.refuse({code: 'sugar_token_invalid', status: 401});
    assert.equal(it.desk.status, 'refused');
    assert.match(it.rl.statusWords(it.desk, it.texts), /Log out of Sugar and in again/);
    it.desk.signInAgain();
    assert.equal(it.desk.status, 'online');
});

test('"Try again" tries at once, though the last try was a moment ago', async () => {
    const it = await desk({}, {stayOffline: true});
    it.wire().end(4429, '{"retry_ms":600000}');
    it.desk.refuse({code: 'sugar_token_invalid', status: 401});
    it.desk.signInAgain();
    await it.clock.pass(0);
    assert.equal(FakeSocket.all.length, 2);
});

test('members are grouped, sorted, searched; who wrote stands on top', async () => {
    const it = await desk({
        presence: [{member_id: 'jim', state: 'do_not_disturb', since: '2026-11-22T09:00:00Z'}],
        conversations: [entry(chat('c', ['sally', 'sarah']), 2, message('m2', 'c', 'sarah', 2))],
    });
    const rows = search => [...it.rl.people(it.desk, it.texts, search)].map(row => row.group || `${row.name} ${row.unread || row.sub}`);
    assert.deepEqual(rows(''), ['Unread', 'Sarah Smith 2', 'Busy · 1', 'Jim Brennan Do not disturb']);
    assert.deepEqual(rows('smi sar'), ['Unread', 'Sarah Smith 2']);
    assert.deepEqual(rows('nobody'), []);
});

test('a stopped desk says and does nothing more', async () => {
    const it = await desk(openSms);
    it.desk.stop();
    assert.equal(FakeSocket.last.closed, true);
    await it.clock.pass(3600000);
    assert.equal(FakeSocket.all.length, 1);
});
