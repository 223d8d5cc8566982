// A number that is on no record, or on several: what the window offers, and what becomes of the user's choice.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const {desk} = require('./support/desk');
const {message, session} = require('./support/wire');

const ID = 'conversation s';
const LINK = 'POST /v1/sms-sessions/s/link';
const ann = {module: 'Contacts', id: 'ann'};
const bob = {module: 'Leads', id: 'bob'};
const vera = {module: 'Contacts', id: 'vera'};
const fromPeer = message('m1', 's', '', 1, {sender: {kind: 'peer', id: '+14155552671'}, state: 'received'});
const unlinked = (match, more = {}) => session('s', {record: null, record_match: match, ...more});
const linked = record => ({kind: 'conversation.updated', change: 'linked', conversation: session('s', {record})});
const names = list => [...list].map(one => `${one.name} (${one.word})`);

/** The window of a session without a record. */
async function opened(match, candidates = {matches: [], suggestions: []}, known = {ann: 'Ann Twin', bob: 'Bob Twin', vera: 404}) {
    const it = await desk({conversations: [{conversation: unlinked(match), unread: 0, last_message: fromPeer, read: {}}]});
    Object.assign(it.names, known);
    it.answers['GET /v1/sms-sessions/s/candidates'] = candidates;
    it.desk.openConversation('s');
    it.face(ID);
    await it.clock.pass(50);
    it.face(ID);
    await it.clock.pass(50);
    it.links = () => it.calls.filter(call => `${call.method} ${call.path}` === LINK);
    return it;
}

test('an unknown number says so and asks the service once what is like it', async () => {
    const it = await opened('none');
    assert.equal(it.face(ID).sub, 'Unknown number · from Support');
    assert.match(it.face(ID).link.words, /^Unknown number/);
    assert.equal(it.calls.filter(call => call.path.endsWith('/candidates')).length, 1);
});

test('while the service has not asked Sugar yet, and once a record is there, nothing is offered', async () => {
    const it = await opened('pending');
    assert.equal(it.face(ID).sub, 'Asking Sugar… · from Support');
    assert.equal(it.face(ID).link, null);
    assert.equal(it.calls.filter(call => call.path.endsWith('/candidates')).length, 0);
    await it.event(11, linked(ann));
    assert.equal(it.face(ID).link, null);
});

test('of several records those are offered that Sugar shows this user, apart from what only ends alike', async () => {
    const it = await opened('several', {matches: [ann, vera, bob], suggestions: [{module: 'Accounts', id: 'inc'}]}, {
        ann: 'Ann Twin', bob: 'Bob Twin', vera: 403, inc: 'Twin Inc.',
    });
    const {link} = it.face(ID);
    assert.equal(link.words, '2 records have this number. Whose is it?');
    assert.deepEqual(names(link.matches), ['Ann Twin (Contact)', 'Bob Twin (Lead)']);
    assert.deepEqual(names(link.suggestions), ['Twin Inc. (Account)']);
});

test('of a linked session the other records are offered, once the user wants one, until he keeps it', async () => {
    const it = await opened('several', {matches: [ann, vera, bob], suggestions: []});
    assert.equal(it.face(ID).mayRelink, false);
    await it.event(11, linked(ann));
    assert.equal(it.face(ID).link, null);
    assert.equal(it.face(ID).mayRelink, true);
    const change = () => it.desk.linking.change(it.desk.store.get('s').conversation);
    change();
    it.face(ID);
    await it.clock.pass(50);
    it.face(ID);
    await it.clock.pass(50);
    const {link} = it.face(ID);
    assert.deepEqual([link.changing, link.words], [true, 'This number is also on:']);
    assert.deepEqual(names(link.matches), ['Bob Twin (Lead)']);
    change();
    assert.equal(it.face(ID).link, null);
    change();
    await it.event(12, linked(bob));
    assert.equal(it.face(ID).link, null);
    it.answers['GET /v1/sms-sessions/s/candidates'] = {matches: [bob, vera], suggestions: []};
    change();
    it.face(ID);
    await it.clock.pass(50);
    it.face(ID);
    await it.clock.pass(50);
    assert.equal(it.face(ID).link.words, 'This number is on no other record that you may see.');
});

test('no row is there before Sugar has answered for all of them', async () => {
    const it = await opened('several', {matches: [ann, bob], suggestions: []});
    let answer;
    it.desk.records._deps.ask = () => new Promise(resolve => {
        answer = resolve;
    });
    it.desk.records._known = {'Contacts/ann': {name: 'Ann Twin', state: 'known'}};
    assert.equal(it.face(ID).link.words, 'Asking Sugar…');
    assert.deepEqual(names(it.face(ID).link.matches), []);
    answer({name: 'Bob Twin'});
    await it.clock.pass(50);
    assert.deepEqual(names(it.face(ID).link.matches), ['Ann Twin (Contact)', 'Bob Twin (Lead)']);
});

test('records that nobody may see, and names that do not come, are said', async () => {
    const hidden = await opened('several', {matches: [vera, vera], suggestions: []});
    assert.match(hidden.face(ID).link.words, /does not show you/);
    const silent = await opened('several', {matches: [ann, bob], suggestions: []}, {});
    assert.match(silent.face(ID).link.words, /does not answer/);
    Object.assign(silent.names, {ann: 'Ann Twin', bob: 'Bob Twin'});
    await silent.clock.pass(30000);
    silent.face(ID);
    await silent.clock.pass(50);
    assert.equal(silent.face(ID).link.matches.length, 2);
});

test('a link goes out once, as the user, and the window takes the name of its record', async () => {
    const it = await opened('several', {matches: [ann, bob], suggestions: []});
    let answer;
    it.answers[LINK] = () => new Promise(resolve => {
        answer = resolve;
    });
    const first = it.desk.linking.link('s', ann);
    it.desk.linking.link('s', bob);
    assert.equal(it.face(ID).link.busy, true);
    assert.equal(it.face(ID).link.words, 'Linking…');
    answer(session('s', {record: ann}));
    assert.equal(await first, true);
    assert.deepEqual(it.links().map(call => [{...call.body}, call.options.sugar]), [[{module: 'Contacts', record_id: 'ann'}, true]]);
    assert.equal(it.face(ID).link, null);
    await it.event(11, linked(ann));
    assert.equal(it.face(ID).title, 'Ann Twin');
    assert.equal(it.face(ID).link, null);
});

test('a refused link says why, keeps everything, and is tried again with the same record', async () => {
    const it = await opened('none');
    it.desk.saveDraft(ID, 'Hello there');
    it.picks = module => Promise.resolve({module, id: 'ann'});
    it.answers[LINK] = {status: 409, code: 'number_not_on_record', detail: 'words of the service'};
    assert.equal(await it.desk.linking.select('s', 'Contacts'), false);
    it.face(ID);
    await it.clock.pass(50);
    assert.equal(it.face(ID).link.problem,
        'Not linked: Ann Twin does not have the number +1 415 555 2671. Add it to the record in Sugar, then try again.');
    for (const [problem, words] of [
        [{status: 404, code: 'record_not_found', detail: 'no'}, /does not show you this record/],
        [{status: 503, code: 'sugar_unreachable', detail: 'Sugar cannot be reached.'}, /^Sugar cannot be reached\.$/],
        [{status: 0, code: 'unreachable', detail: null}, /^Riverline cannot be reached\.$/],
    ]) {
        it.answers[LINK] = problem;
        assert.equal(await it.desk.linking.again('s'), false);
        assert.match(it.face(ID).link.problem, words);
    }
    it.answers[LINK] = session('s', {record: ann});
    assert.equal(await it.desk.linking.again('s'), true);
    assert.deepEqual(it.links().map(call => call.body.record_id), Array(5).fill('ann'));
    assert.equal(it.desk.draft(ID), 'Hello there');
});

test('who goes back from Sugar\'s drawer has linked nothing; a new contact is linked as soon as it is saved', async () => {
    const it = await opened('none');
    const asked = [];
    it.picks = (...what) => {
        asked.push(what);
        return Promise.resolve(asked.length < 3 ? null : {module: 'Contacts', id: 'new'});
    };
    it.answers[LINK] = session('s', {record: {module: 'Contacts', id: 'new'}});
    assert.equal(await it.desk.linking.select('s', 'Leads'), false);
    assert.equal(await it.desk.linking.create('s', '+14155552671'), false);
    assert.deepEqual(it.links(), []);
    assert.equal(await it.desk.linking.create('s', '+14155552671'), true);
    assert.deepEqual(asked, [['Leads'], ['new', '+14155552671'], ['new', '+14155552671']]);
    assert.equal(it.links()[0].body.record_id, 'new');
});

test('a search that failed says so, and is made again by the user or with the next connection', async () => {
    const it = await opened('none', {status: 503, code: 'busy', detail: 'Too much to do.'});
    assert.equal(it.face(ID).link.problem, 'Too much to do.');
    it.answers['GET /v1/sms-sessions/s/candidates'] = {matches: [], suggestions: [ann]};
    it.desk.linking.again('s');
    for (let i = 0; i < 3; i++) {
        it.face(ID);
        await it.clock.pass(50);
    }
    assert.equal(it.face(ID).link.problem, '');
    assert.deepEqual(names(it.face(ID).link.suggestions), ['Ann Twin (Contact)']);
});

test('a colleague who lost the session has nothing to link', async () => {
    const it = await opened('none');
    it.desk.saveDraft(ID, 'kept');
    await it.event(11, {kind: 'conversation.updated', change: 'claimed', conversation: {...unlinked('none'), member_ids: ['jim']}});
    assert.equal(it.face(ID).link, null);
});

test('a closed session waits for its record, and says when its Note is saved', async () => {
    const it = await opened('none');
    const note = state => ({state, id: null, reason: null});
    it.answers['POST /v1/sms-sessions/s/close'] = unlinked('none', {state: 'closed', note: note('waiting')});
    it.desk.close(ID);
    await it.event(11, {kind: 'conversation.updated', change: 'closed', conversation: unlinked('none', {state: 'closed', note: note('waiting')})});
    assert.match(it.face(ID).note.words, /once the number is linked/);
    assert.match(it.face(ID).link.words, /^Unknown number/);
    await it.event(12, {kind: 'conversation.updated', change: 'linked', conversation: session('s', {record: ann, state: 'closed', note: note('waiting')})});
    assert.match(it.face(ID).note.words, /^Saving to Sugar/);
    await it.event(13, {kind: 'conversation.updated', change: 'note', conversation: session('s', {record: ann, state: 'closed', note: note('saved')})});
    assert.match(it.face(ID).note.words, /^Saved to Sugar/);
    await it.clock.pass(7000);
    assert.deepEqual(it.ids(), []);
});
