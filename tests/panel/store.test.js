// The store: the same events give the same state, whatever their order and however often they come.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const {riverline} = require('./support/load');
const {chat, member, message, session, state} = require('./support/wire');

const rl = riverline();
const plain = value => JSON.parse(JSON.stringify(value));

function store(more) {
    const made = new rl.Store({now: () => 0});
    made.load(state(more));
    return made;
}

const withChat = unread => ({
    conversations: [{
        conversation: chat('c', ['sally', 'sarah']), unread, last_message: message('m5', 'c', 'sarah', 5), read: {sarah: 'm5'},
    }],
});

/** A small generator of numbers that can be repeated from its seed. */
function chance(seed) {
    let at = seed;
    return below => {
        at = (at * 1103515245 + 12345) % 2147483648;
        return Math.floor(at / 2147483648 * below);
    };
}

function randomEvents(pick) {
    const events = [];
    const ids = [];
    for (let i = 0; i < 30; i++) {
        const kind = pick(7);
        const conversation = ['c', 's'][pick(2)];
        if (kind <= 1 || ids.length === 0) {
            const id = `m${100 + i}`;
            const sms = conversation === 's';
            ids.push({id, conversation});
            const more = sms ? {state: 'queued', sender: pick(2) ? {kind: 'peer', id: '+1'} : {kind: 'member', id: 'sally'}} : {};
            events.push({kind: 'message.created', message: message(id, conversation, ['sally', 'sarah'][pick(2)], 100 + pick(20), more)});
        } else if (kind === 2) {
            const of = ids[pick(ids.length)];
            const next = ['sending', 'sent', 'unknown', 'failed', 'delivered'][pick(5)];
            events.push({kind: 'message.updated', conversation_id: of.conversation, message_id: of.id, state: next, reason: `because ${next}`});
            const putOff = {state: ['scheduled', 'queued', 'sending'][pick(3)], send_at: `2026-11-2${4 + pick(2)}T16:00:00Z`, reason: null};
            events.push({kind: 'message.updated', conversation_id: of.conversation, message_id: of.id, ...putOff});
        } else if (kind === 3) {
            const of = ids[pick(ids.length)];
            events.push({kind: 'conversation.read', conversation_id: of.conversation, member_id: ['sally', 'sarah'][pick(2)], message_id: of.id});
        } else if (kind === 6) {
            const of = ids[pick(ids.length)];
            const pictures = [{id: 'p', state: ['waiting', 'stored', 'failed'][pick(3)]}];
            events.push({kind: 'message.pictures', conversation_id: of.conversation, message_id: of.id, pictures});
        } else if (kind === 4) {
            const change = ['claimed', 'closed', 'note'][pick(3)];
            events.push({kind: 'conversation.updated', change, conversation: session('s', {owner_id: ['sally', 'jim', null][pick(3)]})});
        } else {
            events.push({kind: 'member.updated', member: member('jim', `Jim ${i}`)});
        }
    }
    return events.map((event, index) => [`${20 + index}.1`, event]);
}

function shuffled(list, pick) {
    const result = list.concat(list.filter(() => pick(3) === 0));
    for (let i = result.length - 1; i > 0; i--) {
        const j = pick(i + 1);
        [result[i], result[j]] = [result[j], result[i]];
    }
    return result;
}

function picture(of) {
    return plain({
        members: of.members,
        conversations: Object.values(of.conversations).sort((a, b) => a.id < b.id ? -1 : 1).map(entry => ({
            conversation: entry.conversation, unread: of.unread(entry),
            messages: entry.messages.list().map(one => [one.id, one.state, one.state === 'scheduled' && one.send_at, one.reason, one.pictures, of.hasRead(entry, 'sarah', one)]),
        })),
    });
}

test('any order and any repetition of the same events give the same state (300 runs)', () => {
    for (let seed = 1; seed <= 300; seed++) {
        const pick = chance(seed);
        const start = {conversations: [...withChat(2).conversations, {conversation: session('s'), unread: 0, last_message: null, read: {}}]};
        const events = randomEvents(pick);
        const inOrder = store(start);
        events.forEach(([cursor, event]) => inOrder.apply(cursor, event));
        const mixed = store(start);
        shuffled(events, pick).forEach(([cursor, event]) => mixed.apply(cursor, event));
        assert.deepEqual(picture(mixed), picture(inOrder), `seed ${seed}`);
    }
});

test('what the state has already is not counted again', () => {
    const it = store(withChat(1));
    it.apply('10.1', {kind: 'message.created', message: message('m4', 'c', 'sarah', 4)});
    assert.equal(it.unread(it.get('c')), 1);
    it.apply('11.1', {kind: 'message.created', message: message('m5', 'c', 'sarah', 5)});
    assert.equal(it.unread(it.get('c')), 1);
    it.apply('12.1', {kind: 'message.created', message: message('m6', 'c', 'sarah', 6)});
    assert.equal(it.unread(it.get('c')), 2);
    assert.equal(it.unreadTotal(), 2);
});

test('reading clears the count, in whichever tab; writing is reading as well', () => {
    const it = store(withChat(3));
    it.apply('11.1', {kind: 'conversation.read', conversation_id: 'c', member_id: 'sally', message_id: 'm5'});
    assert.equal(it.unreadTotal(), 0);

    const writes = store(withChat(3));
    writes.apply('11.1', {kind: 'message.created', message: message('m6', 'c', 'sally', 6)});
    assert.equal(writes.unreadTotal(), 0);
});

test('a read mark for a message that is not here yet counts when it comes', () => {
    const it = store(withChat(0));
    it.apply('12.1', {kind: 'conversation.read', conversation_id: 'c', member_id: 'sally', message_id: 'm6'});
    it.apply('11.1', {kind: 'message.created', message: message('m6', 'c', 'sarah', 6)});
    assert.equal(it.unreadTotal(), 0);
});

test('the news of a text may overtake the text, and never moves it backwards', () => {
    const it = store({conversations: [{conversation: session('s'), unread: 0, last_message: null, read: {}}]});
    it.apply('12.1', {kind: 'message.updated', conversation_id: 's', message_id: 'm1', state: 'delivered', reason: null});
    it.apply('13.1', {kind: 'message.updated', conversation_id: 's', message_id: 'm1', state: 'sent', reason: null});
    it.apply('11.1', {kind: 'message.created', message: message('m1', 's', 'sally', 1, {state: 'queued'})});
    assert.equal(it.get('s').messages.get('m1').state, 'delivered');
});

test('a text that waited into quiet hours shows until when it waits', () => {
    const it = store({conversations: [{conversation: session('s'), unread: 0, last_message: null, read: {}}]});
    const text = () => it.get('s').messages.get('m1');
    const news = (at, state, sendAt) => it.apply(`${at}.1`,
        {kind: 'message.updated', conversation_id: 's', message_id: 'm1', state, reason: null, send_at: sendAt});
    it.apply('11.1', {kind: 'message.created', message: message('m1', 's', 'sally', 1, {state: 'queued'})});
    news(12, 'scheduled', '2026-11-24T16:00:00Z');
    assert.deepEqual([text().state, text().send_at], ['scheduled', '2026-11-24T16:00:00Z']);
    news(13, 'queued', '2026-11-24T16:00:00Z');
    assert.equal(text().state, 'queued');
    news(14, 'sending', '2026-11-24T16:00:00Z');
    news(12, 'scheduled', '2026-11-24T16:00:00Z');
    assert.equal(text().state, 'sending');
});

test('a text that was being sent, and was put off then, shows until when it waits, whatever an older page says', () => {
    for (const order of [[12, 13, 14], [14, 13, 12], [13, 14, 12]]) {
        const it = store({conversations: [{conversation: session('s'), unread: 0, last_message: null, read: {}}]});
        const text = () => it.get('s').messages.get('m1');
        const news = {12: ['sending'], 13: ['queued'], 14: ['scheduled', '2026-11-24T16:00:00Z']};
        it.apply('11.1', {kind: 'message.created', message: message('m1', 's', 'sally', 1, {state: 'queued', send_at: null})});
        order.forEach(at => it.apply(`${at}.1`,
            {kind: 'message.updated', conversation_id: 's', message_id: 'm1', state: news[at][0], reason: null, send_at: news[at][1] || null}));
        assert.deepEqual([text().state, text().send_at], ['scheduled', '2026-11-24T16:00:00Z'], String(order));
        for (const state of ['sending', 'queued']) {
            it.addPage('s', {items: [message('m1', 's', 'sally', 1, {state, send_at: null})], next: null}, true);
        }
        assert.equal(text().state, 'scheduled');
        it.apply('15.1', {kind: 'message.updated', conversation_id: 's', message_id: 'm1', state: 'sending', reason: null, send_at: '2026-11-24T16:00:00Z'});
        assert.equal(text().state, 'sending');
        it.apply('16.1', {kind: 'message.updated', conversation_id: 's', message_id: 'm1', state: 'sent', reason: null});
        assert.equal(text().state, 'sent');
    }
});

test('history comes in pages and meets what arrived live', () => {
    const it = store(withChat(0));
    it.addPage('c', {items: [message('m5', 'c', 'sarah', 5), message('m4', 'c', 'sally', 4)], next: 'x'}, true);
    it.apply('11.1', {kind: 'message.created', message: message('m6', 'c', 'sarah', 6)});
    it.addPage('c', {items: [message('m4', 'c', 'sally', 4), message('m3', 'c', 'sarah', 3)], next: null}, false);
    assert.deepEqual(plain(it.get('c').messages.list().map(one => one.id)), ['m3', 'm4', 'm5', 'm6']);
    assert.equal(it.get('c').history, 'complete');
});

test('after a gap the history is read anew, and shown until it came', () => {
    const it = store(withChat(0));
    it.addPage('c', {items: [message('m4', 'c', 'sally', 4)], next: null}, true);
    const later = withChat(1);
    later.conversations[0].last_message = message('m9', 'c', 'sarah', 9);
    it.load(state({cursor: '50.1', ...later}));
    assert.equal(it.get('c').messages.list().length, 3);
    assert.equal(it.get('c').outdated, true);
    it.addPage('c', {items: [message('m9', 'c', 'sarah', 9), message('m8', 'c', 'sarah', 8)], next: 'x'}, true);
    assert.deepEqual(plain(it.get('c').messages.list().map(one => one.id)), ['m8', 'm9']);
});

test('what comes live while the history is read anew stays, and so does what was heard of a text', () => {
    const it = store({conversations: [{conversation: session('s'), unread: 0, last_message: null, read: {}}]});
    it.addPage('s', {items: [], next: null}, true);
    const text = (id, second, state) => message(id, 's', 'sally', second, {state});
    it.load(state({cursor: '50.1', conversations: [{conversation: session('s'), unread: 0, last_message: text('m8', 8, 'queued'), read: {}}]}));
    it.apply('51.1', {kind: 'message.updated', conversation_id: 's', message_id: 'm8', state: 'delivered', reason: null});
    it.apply('52.1', {kind: 'message.created', message: text('m9', 9, 'queued')});
    it.addPage('s', {items: [text('m8', 8, 'queued')], next: null}, true);
    assert.deepEqual(plain(it.get('s').messages.list().map(one => [one.id, one.state])), [['m8', 'delivered'], ['m9', 'queued']]);
});

test('who lost the race for a session keeps it in sight and has nothing unread there', () => {
    const it = store({conversations: [{conversation: session('s', {owner_id: null}, ['sally', 'jim']), unread: 1,
        last_message: message('m1', 's', '', 1, {sender: {kind: 'peer', id: '+1'}}), read: {}}]});
    assert.equal(it.unreadTotal(), 1);
    it.apply('11.1', {kind: 'conversation.updated', change: 'claimed', conversation: session('s', {owner_id: 'jim'}, ['jim'])});
    assert.equal(it.isMine(it.get('s')), false);
    assert.equal(it.unreadTotal(), 0);
});

test('an answer fills a gap and does not undo an event', () => {
    const it = store();
    it.know(session('s'));
    it.apply('11.1', {kind: 'conversation.updated', change: 'closed', conversation: session('s', {state: 'closed'})});
    it.know(session('s'));
    assert.equal(it.get('s').conversation.session.state, 'closed');
});

test('presence: those whom the full list does not name are offline', () => {
    const it = store({presence: [{member_id: 'jim', state: 'busy', since: '2026-11-22T09:00:00Z'}]});
    assert.equal(it.presenceOf('jim').state, 'busy');
    it.presenceChanged([{member_id: 'sarah', state: 'away', since: '2026-11-22T09:00:00Z'}], true);
    assert.equal(it.presenceOf('jim').state, 'offline');
    assert.equal(it.presenceOf('sarah').state, 'away');
});

test('typing ends by itself, and with the message', () => {
    let now = 0;
    const it = new rl.Store({now: () => now});
    it.load(state(withChat(0)));
    const entry = it.get('c');
    it.typed({conversation_id: 'c', member_id: 'sarah'});
    it.typed({conversation_id: 'c', member_id: 'sally'});
    assert.deepEqual(plain(it.typing(entry)), ['sarah']);
    now = 6001;
    assert.deepEqual(plain(it.typing(entry)), []);
    it.typed({conversation_id: 'c', member_id: 'sarah'});
    it.apply('11.1', {kind: 'message.created', message: message('m6', 'c', 'sarah', 6)});
    assert.deepEqual(plain(it.typing(entry)), []);
});
