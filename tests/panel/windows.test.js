// Which windows are open: kept, shared between tabs, and never more than fit.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const {riverline} = require('./support/load');
const {storage} = require('./support/wire');

const rl = riverline();

function windows(disk = storage(), user = 'sally') {
    return new rl.Windows(new rl.Keep(disk, 'https://sugar.example', user));
}

const ids = it => [...it.list()].map(item => item.id + (item.minimised ? ' -' : ''));

test('opening twice expands the one that is there', () => {
    const it = windows();
    it.open({id: 'a', kind: 'chat'});
    it.minimise('a');
    it.open({id: 'a', kind: 'chat'});
    assert.deepEqual(ids(it), ['a']);
});

test('order and state survive a reload', () => {
    const disk = storage();
    const it = windows(disk);
    it.open({id: 'members', kind: 'members'});
    it.open({id: 'a', kind: 'chat', memberId: 'sarah', conversationId: 'c'});
    it.open({id: 'b', kind: 'sms'});
    it.minimise('a');
    it.close('b');
    const again = windows(disk);
    assert.deepEqual(ids(again), ['members', 'a -']);
    assert.equal(again.byConversation('c').memberId, 'sarah');
});

test('users and sites of one browser do not share', () => {
    const disk = storage();
    windows(disk).open({id: 'a', kind: 'chat'});
    assert.deepEqual(ids(windows(disk, 'jim')), []);
    assert.deepEqual(ids(new rl.Windows(new rl.Keep(disk, 'https://other.example', 'sally'))), []);
});

test('other tabs follow', () => {
    const disk = storage();
    const [one, two] = [windows(disk), windows(disk)];
    one.open({id: 'a', kind: 'chat'});
    let changes = 0;
    two.on('change', () => changes++);
    two.adopt(disk.getItem(one.storageKey()));
    assert.deepEqual(ids(two), ['a']);
    assert.equal(changes, 1);
    two.adopt(null);
    assert.deepEqual(ids(two), []);
});

test('nonsense in the storage counts as nothing', () => {
    for (const text of ['{', '"x"', '[null, 1, {"id": 5}, {"id": "a", "kind": "other"}]', '[{"id":"a","kind":"chat"},{"id":"a","kind":"chat"}]']) {
        const disk = storage();
        disk.setItem(windows(disk).storageKey(), text);
        assert.ok(ids(windows(disk)).length <= 1, text);
    }
});

test('a conversation has one window', () => {
    const it = windows();
    it.open({id: 'pop-up', kind: 'sms', conversationId: 'c'});
    it.minimise('pop-up');
    it.open({id: 'from the record', kind: 'sms'});
    assert.equal(it.attach('from the record', 'c').id, 'pop-up');
    assert.deepEqual(ids(it), ['pop-up']);
});

test('what does not fit is minimised, the longest unused first, and never the newest', () => {
    const it = windows();
    for (const id of ['a', 'b', 'c', 'd']) {
        it.open({id, kind: 'chat'});
    }
    it.open({id: 'a', kind: 'chat'});
    it.fit(1000);
    assert.deepEqual(ids(it), ['a', 'b -', 'c -', 'd']);
    it.fit(100);
    assert.deepEqual(ids(it), ['a', 'b -', 'c -', 'd -']);
});

test('full or forbidden storage: the page goes on', () => {
    const no = () => {
        throw new Error('QuotaExceededError');
    };
    const it = windows({getItem: no, setItem: no, removeItem: no, key: no, length: 0});
    it.open({id: 'a', kind: 'chat'});
    assert.deepEqual(ids(it), ['a']);
});

test('the logout leaves nothing of this user, and everything of others', () => {
    const disk = storage();
    windows(disk).open({id: 'a', kind: 'chat'});
    windows(disk, 'jim').open({id: 'b', kind: 'chat'});
    new rl.Keep(disk, 'https://sugar.example', 'sally').wipe();
    assert.deepEqual(ids(windows(disk)), []);
    assert.deepEqual(ids(windows(disk, 'jim')), ['b']);
});
