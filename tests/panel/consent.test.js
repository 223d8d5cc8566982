// Whom no text reaches: said before somebody types in vain, in all tabs, and what there is to do about it.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const {desk} = require('./support/desk');
const {message, session} = require('./support/wire');

const ID = 'conversation s';
const LINK = 'POST /v1/sms-sessions/s/link';
const CONSENTS = 'POST /v1/consents';
const fromGus = message('m1', 's', '', 1, {sender: {kind: 'peer', id: '+14155552671'}, state: 'received'});
const welcome = {opted_out_since: null, do_not_text: false};
const optedOut = {opted_out_since: '2026-11-20T12:00:00Z', do_not_text: false};
const forbidden = {opted_out_since: null, do_not_text: true};
const changed = consent => ({kind: 'conversation.updated', change: 'consent', conversation: session('s', {consent})});

async function opened(consent) {
    const it = await desk({conversations: [{conversation: session('s', {consent}), unread: 0, last_message: fromGus, read: {}}]});
    it.names.gus = 'Gus Dales';
    it.desk.openConversation('s');
    it.look = async () => {
        it.face(ID);
        await it.clock.pass(50);
        return it.face(ID);
    };
    it.conversation = () => it.desk.store.get('s').conversation;
    it.made = which => it.calls.filter(call => `${call.method} ${call.path}` === which);
    await it.look();
    return it;
}

test('who wants no texts is told from the first look on, with since when and what to do; the composer is gone', async () => {
    const it = await opened(optedOut);
    const {noTexts, canWrite, strip} = await it.look();
    assert.match(noTexts.words, /^Since 2026-11-20 \d\d:00, Gus Dales wants no texts from Support\. They can text START/);
    assert.deepEqual([noTexts.action, canWrite, strip], ['record', false, null]);
    assert.deepEqual(it.calls.filter(call => call.path.includes('consents')), []);
});

test('a record that forbids texts says so', async () => {
    const it = await opened(forbidden);
    const {noTexts, canWrite} = await it.look();
    assert.match(noTexts.words, /^Gus Dales is marked in Sugar as not to be called or texted\./);
    assert.deepEqual([noTexts.action, canWrite], ['check', false]);
});

test('who may be texted, and who is not ours to text, is not told anything', async () => {
    for (const consent of [welcome, undefined]) {
        const it = await opened(consent);
        assert.equal((await it.look()).noTexts, null);
        it.desk.saveDraft(ID, 'kept');
        await it.event(11, {...changed(optedOut), conversation: session('s', {consent: optedOut, owner_id: 'jim'}, ['jim'])});
        assert.equal((await it.look()).noTexts, null);
    }
});

test('STOP and START change it live, and the draft outlives both', async () => {
    const it = await opened(welcome);
    it.desk.saveDraft(ID, 'Are you coming?');
    assert.equal((await it.look()).canWrite, true);
    await it.event(11, changed(optedOut));
    assert.equal((await it.look()).canWrite, false);
    assert.equal(it.desk.draft(ID), 'Are you coming?');
    await it.event(12, changed(welcome));
    const {noTexts, canWrite, strip} = await it.look();
    assert.deepEqual([noTexts, canWrite, strip], [null, true, null]);
});

test('a refusal that overtakes the news says so until the news is here, once', async () => {
    const it = await opened(welcome);
    it.desk.send(ID, 'Are you there?');
    it.wire().hear({type: 'error', ref: it.sent()[0].ref, problem: {status: 409, code: 'opted_out', since: '2026-11-20T12:00:00Z', detail: 'no'}});
    assert.match((await it.look()).strip.words, /Gus Dales wants no texts/);
    await it.event(11, changed(optedOut));
    let face = await it.look();
    assert.equal(face.strip, null);
    assert.ok(face.noTexts);
    await it.event(12, changed(welcome));
    face = await it.look();
    assert.deepEqual([face.strip, face.noTexts, it.desk.draft(ID)], [null, null, 'Are you there?']);
});

test('the same refusal after the news is not said twice', async () => {
    const it = await opened(welcome);
    it.desk.send(ID, 'Are you there?');
    await it.event(11, changed(optedOut));
    it.wire().hear({type: 'error', ref: it.sent()[0].ref, problem: {status: 409, code: 'opted_out', since: '2026-11-20T12:00:00Z', detail: 'no'}});
    assert.equal((await it.look()).strip, null);
});

test('news of consent leaves alone what else was said', async () => {
    const it = await opened(welcome);
    it.desk.send(ID, ' ');
    await it.event(11, changed(welcome));
    assert.match((await it.look()).strip.words, /^There is nothing to send yet/);
});

test('an administrator records that they want texts again, in words, once however often he clicks', async () => {
    const it = await opened(optedOut);
    await it.desk.consent.optIn(it.conversation(), '  ');
    assert.equal((await it.look()).noTexts.problem, 'Write first how they said so.');
    assert.equal(it.made(CONSENTS).length, 0);
    it.answers[CONSENTS] = {status: 403, code: 'forbidden', detail: 'Only an administrator can say that.'};
    assert.equal(await it.desk.consent.optIn(it.conversation(), 'On the phone'), false);
    assert.equal((await it.look()).noTexts.problem, 'Only an administrator can say that.');
    it.answers[CONSENTS] = {id: 'e'};
    const twice = [it.desk.consent.optIn(it.conversation(), ' On the phone '), it.desk.consent.optIn(it.conversation(), 'On the phone')];
    assert.equal(it.face(ID).noTexts.busy, true);
    assert.deepEqual(await Promise.all(twice), [true, false]);
    assert.deepEqual(JSON.parse(JSON.stringify(it.made(CONSENTS).map(call => call.body).slice(1))), [
        {number_id: 'main', peer: '+14155552671', kind: 'opt_in', text: 'On the phone'},
    ]);
    const {noTexts} = await it.look();
    assert.deepEqual([noTexts.busy, noTexts.problem], [false, '']);
});

test('what was said about a try goes when the user goes back', async () => {
    const it = await opened(optedOut);
    await it.desk.consent.optIn(it.conversation(), '');
    it.desk.consent.forget('s');
    assert.equal((await it.look()).noTexts.problem, '');
});

test('"Check again" has the record read as the user, and says meanwhile that it does', async () => {
    const it = await opened(forbidden);
    it.answers[LINK] = session('s');
    const done = it.desk.consent.check(it.conversation());
    assert.equal(it.face(ID).noTexts.words, 'Asking Sugar…');
    assert.equal(await done, true);
    const [call] = it.made(LINK);
    assert.deepEqual(JSON.parse(JSON.stringify([call.body, call.options])), [{module: 'Contacts', record_id: 'gus'}, {sugar: true}]);
    assert.match((await it.look()).noTexts.words, /^Gus Dales is marked/);
    await it.event(11, changed(welcome));
    assert.equal((await it.look()).noTexts, null);
});

test('a record that forbids texts opens no composer, and can be tried again', async () => {
    const it = await desk();
    it.answers['POST /v1/sms-sessions'] = {status: 409, code: 'do_not_text', detail: 'This record is marked.'};
    it.desk.openText({module: 'Contacts', id: 'gus'}, 'Gus Dales', 'phone_mobile');
    await it.clock.pass(50);
    const id = it.ids()[0];
    assert.deepEqual([it.face(id).strip.words, it.face(id).strip.action, it.face(id).canWrite], ['This record is marked.', 'again', false]);
    it.answers['POST /v1/sms-sessions'] = session('s');
    it.desk.again(id);
    await it.clock.pass(50);
    assert.deepEqual([it.face(id).strip, it.face(id).canWrite], [null, true]);
});

const says = (id, text, second, more = {}) => message(id, 's', '', second, {...fromGus, id, text, created_at: `2026-11-22T09:00:${second}Z`, ...more});
const heard = (at, ...args) => [at, {kind: 'message.created', message: says(...args)}];

/** A window in which they have said something. */
async function hearing(...texts) {
    const it = await opened(welcome);
    for (const [index, text] of texts.entries()) {
        await it.event(...heard(20 + index, `t${index}`, text, 10 + index));
    }
    it.suspicion = async () => (await it.look()).suspicion;
    it.suspected = async () => it.desk.store.get('s').messages.get((await it.suspicion()).messageId);
    return it;
}

test('a text that looks like an opt-out asks the user, who blocks the number with that text as the proof, once', async () => {
    const it = await hearing('Please stop texting me', 'ok?');
    const {messageId, words, quote} = await it.suspicion();
    assert.deepEqual([messageId, words, quote], ['t0', 'This looks like they want no more texts.', 'Please stop texting me']);
    it.answers[CONSENTS] = {status: 0, code: 'unreachable'};
    await it.desk.consent.optOut(it.conversation(), await it.suspected());
    assert.equal((await it.suspicion()).problem, 'Riverline cannot be reached.');
    it.answers[CONSENTS] = {id: 'e'};
    const text = await it.suspected();
    const twice = [it.desk.consent.optOut(it.conversation(), text), it.desk.consent.optOut(it.conversation(), text)];
    assert.equal(it.face(ID).suspicion.busy, true);
    assert.deepEqual(await Promise.all(twice), [true, false]);
    const [first, second] = it.made(CONSENTS).map(call => JSON.parse(JSON.stringify(call.body)));
    assert.deepEqual(first, second);
    assert.deepEqual(second, {number_id: 'main', peer: '+14155552671', kind: 'opt_out', text: '"Please stop texting me" (text t0)'});
    await it.event(31, changed(optedOut));
    assert.equal(await it.suspicion(), null);
    assert.ok((await it.look()).noTexts);
    await it.event(32, changed(welcome));
    assert.equal(await it.suspicion(), null, 'an administrator has decided since');
    await it.event(33, changed(optedOut));
    await it.event(...heard(34, 't5', 'I said leave me alone', 50));
    assert.equal(await it.suspicion(), null, 'they are blocked already');
});

test('whoever blocks a number again, after consent was recorded, makes no call that the service has answered already', async () => {
    const it = await hearing('Please stop texting me');
    it.answers[CONSENTS] = {id: 'e'};
    const text = await it.suspected();
    assert.equal(await it.desk.consent.optOut(it.conversation(), text), true);
    await it.event(31, changed(optedOut));
    await it.event(32, changed(welcome));
    assert.equal(await it.desk.consent.optOut(it.conversation(), text), true);
    const keys = it.made(CONSENTS).map(call => (call.options || {}).key).filter(Boolean);
    assert.equal(it.made(CONSENTS).length, 2);
    assert.equal(new Set(keys).size, keys.length);
});

test('what is no opt-out is dismissed for good in this browser, and the next one asks again', async () => {
    const it = await hearing('wrong number', 'x'.repeat(90) + ' leave me alone');
    const quote = (await it.suspicion()).quote;
    assert.equal(quote, 'x'.repeat(60) + '…');
    it.answers[CONSENTS] = {status: 0, code: 'unreachable'};
    await it.desk.consent.optOut(it.conversation(), await it.suspected());
    it.desk.consent.dismiss(it.conversation(), await it.suspected());
    const {messageId, problem} = await it.suspicion();
    assert.deepEqual([messageId, problem], ['t0', '']);
    it.desk.consent.dismiss(it.conversation(), await it.suspected());
    assert.equal(await it.suspicion(), null);
    assert.deepEqual(JSON.parse(JSON.stringify(new it.rl.Keep(it.disks.local, 'https://sugar.example', 'sally').read('decided'))), ['t1', 't0']);
    await it.event(...heard(40, 't9', 'take me off your list', 40));
    assert.equal((await it.suspicion()).messageId, 't9');
    assert.equal(it.made(CONSENTS).length, 1);
});

test('nothing is asked about keywords, our own words, what came before START, and closed or foreign sessions', async () => {
    assert.equal(await (await hearing('STOP')).suspicion(), null);
    assert.equal(await (await hearing('stop by my office tomorrow')).suspicion(), null);
    assert.equal(await (await hearing('stop texting me', 'Start')).suspicion(), null);
    const it = await hearing('hello');
    await it.event(...heard(40, 't9', 'please stop texting me', 40, {sender: {kind: 'member', id: 'sally'}, state: 'sent'}));
    assert.equal(await it.suspicion(), null);
    await it.event(...heard(41, 't10', 'please stop texting me', 41));
    assert.ok(await it.suspicion());
    await it.event(42, {...changed(welcome), conversation: session('s', {state: 'closed'})});
    assert.equal(await it.suspicion(), null);
});
