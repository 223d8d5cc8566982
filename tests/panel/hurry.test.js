// A user who is faster than Sugar: what he sends into a window that is still opening goes out with the opening.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const {desk} = require('./support/desk');
const {session} = require('./support/wire');

const gus = {module: 'Contacts', id: 'gus'};

/** A window for Gus whose session Sugar has not decided about yet. */
async function opening() {
    const it = await desk();
    it.answers['POST /v1/sms-sessions'] = () => new Promise((resolve, reject) => {
        Object.assign(it, {open: resolve, refuse: reject});
    });
    it.desk.openText(gus, 'Gus Dales', 'phone_mobile');
    [it.window] = it.ids();
    it.cameBack = [];
    it.desk.on('draft', id => it.cameBack.push([id, it.desk.draft(id)]));
    it.desk.saveDraft(it.window, 'Hello Gus');
    it.taken = it.desk.send(it.window, 'Hello Gus');
    await it.clock.pass(50);
    return it;
}

test('a text sent while its window opens goes out once, as soon as it is open', async () => {
    const it = await opening();
    assert.deepEqual([it.taken, it.sent().length], [false, 0]);
    assert.match(it.face(it.window).strip.words, /goes out in a moment/);
    it.open(session('s'));
    await it.clock.pass(50);
    assert.deepEqual(it.sent().map(frame => [frame.conversation_id, frame.text]), [['s', 'Hello Gus']]);
    assert.deepEqual(it.cameBack, [[it.window, '']]);
    assert.ok(!it.face(it.window).strip);
});

test('a window that cannot open keeps the words and says why', async () => {
    const it = await opening();
    it.refuse({code: 'no_usable_number', status: 422, detail: 'This record has no mobile number.'});
    await it.clock.pass(50);
    assert.equal(it.sent().length, 0);
    assert.equal(it.desk.draft(it.window), 'Hello Gus');
    assert.equal(it.desk.contents.problem(it.window).code, 'no_usable_number');
    assert.equal(it.desk.send(it.window, 'Hello Gus'), false);
    assert.equal(it.desk.contents.problem(it.window).code, 'no_usable_number');
});
