// Records with several numbers: a window each, and the one that is there when the number is the same.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const {desk} = require('./support/desk');
const {message, session} = require('./support/wire');

const gus = {module: 'Contacts', id: 'gus'};
const fromGus = message('m1', 's', '', 1, {sender: {kind: 'peer', id: '+14155552671'}, state: 'received'});
const inbound = {conversations: [{conversation: session('s'), unread: 0, last_message: fromGus, read: {}}]};

test('two numbers of one record are two windows, each opened with its field', async () => {
    const it = await desk();
    it.answers['POST /v1/sms-sessions'] = body => session(body.phone_field, {peer: body.phone_field === 'phone_work' ? '+14155550100' : '+14155552671'});
    it.desk.openText(gus, 'Gus Dales', 'phone_mobile', '+1 415 555 2671');
    it.desk.openText(gus, 'Gus Dales', 'phone_work', '(415) 555-0100');
    it.desk.openText(gus, 'Gus Dales', 'phone_mobile', '+1 415 555 2671');
    await it.clock.pass(50);
    assert.deepEqual(it.ids(), ['sms Contacts gus phone_mobile', 'sms Contacts gus phone_work']);
    assert.deepEqual(it.calls.filter(call => call.path === '/v1/sms-sessions').map(call => call.body.phone_field), ['phone_mobile', 'phone_work']);
    assert.deepEqual(it.ids().map(id => it.face(id).peer), ['+14155552671', '+14155550100']);
});

test('a window that a text opened is taken for its own number, however that is spelled, and for no other', async () => {
    const it = await desk(inbound);
    it.answers['POST /v1/sms-sessions'] = session('w', {peer: '+14155550100'});
    it.desk.openConversation('s');
    it.desk.openText(gus, 'Gus Dales', 'phone_mobile', '(415) 555-2671');
    assert.deepEqual(it.ids(), ['conversation s']);
    it.desk.openText(gus, 'Gus Dales', 'phone_work', '(415) 555-0100');
    await it.clock.pass(50);
    assert.deepEqual(it.ids(), ['conversation s', 'sms Contacts gus phone_work']);
});

test('two windows that turn out to be about one number become one', async () => {
    const it = await desk(inbound);
    it.answers['POST /v1/sms-sessions'] = session('s');
    it.desk.openConversation('s');
    it.desk.openText(gus, 'Gus Dales', 'phone_other', '415 555 2671 ext. 42');
    it.desk.saveDraft('sms Contacts gus phone_other', 'written meanwhile');
    await it.clock.pass(50);
    assert.deepEqual(it.ids(), ['conversation s']);
    assert.equal(it.desk.draft('conversation s'), 'written meanwhile');
});
