// The small parts: ids, words and times, names of records, unsent texts, idleness.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const {riverline, words} = require('./support/load');
const {Clock} = require('./support/clock');
const {storage} = require('./support/wire');

const rl = riverline();

test('message ids are UUIDv7 and rise, within a millisecond and when the clock goes back', () => {
    let now = Date.UTC(2026, 10, 22);
    const next = rl.uuid7(() => now, count => crypto.randomBytes(count));
    const ids = [];
    for (let i = 0; i < 10000; i++) {
        now += [0, 0, 0, 1, -5][i % 5];
        ids.push(next());
    }
    for (const id of ids) {
        assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
    assert.deepEqual([...ids].sort(), ids);
    assert.equal(new Set(ids).size, ids.length);
});

test('times follow the formats of the user\'s profile', () => {
    const texts = (time, date) => new rl.Texts({now: () => Date.now(), lang: key => words()[key], time, date});
    const afternoon = new Date(2025, 2, 4, 15, 7).toISOString();
    assert.equal(texts('H:i').time(afternoon), '15:07');
    assert.equal(texts('h:ia').time(afternoon), '03:07pm');
    assert.equal(texts('g.i A').time(afternoon), '3.07 PM');
    assert.equal(texts('H:i', 'm/d/Y').day(afternoon), '03/04/2025');
    assert.equal(texts('H:i', 'd.m.Y').day(afternoon), '04.03.2025');
});

test('days have names while they are near, also over a change of the clocks', () => {
    const now = new Date(2026, 2, 30, 0, 30).getTime();
    const texts = new rl.Texts({now: () => now, lang: key => words()[key]});
    assert.equal(texts.day(new Date(2026, 2, 30, 0, 1).toISOString()), 'Today');
    assert.equal(texts.day(new Date(2026, 2, 29, 0, 1).toISOString()), 'Yesterday');
    assert.equal(texts.day(new Date(2026, 2, 28, 23, 59).toISOString()), '2026-03-28');
});

test('words: numbers, names, missing arguments', () => {
    const texts = new rl.Texts({now: () => 3 * 3600000, lang: key => words()[key] || key});
    assert.equal(texts.phone('+14155552671'), '+1 415 555 2671');
    assert.equal(texts.phone('+442079460018'), '+442079460018');
    assert.equal(texts.initials('sally bronsen'), 'SB');
    assert.equal(texts.initials('  Prince '), 'P');
    assert.equal(texts.initials(''), '?');
    assert.equal(texts.word('LBL_RL_MESSAGE_TO'), 'Message ');
    assert.equal(texts.since(new Date(0).toISOString()), '3 h');
    assert.equal(rl.characters('a😀b'), 3);
});

test('a text of the service that looks like markup or a placeholder stays what it is', () => {
    const texts = new rl.Texts({now: () => 0, lang: key => words()[key] || key});
    assert.equal(texts.word('LBL_RL_MESSAGE_TO', ['{0}<b>$&']), 'Message {0}<b>$&');
});

test('away after five minutes without input, back with the first; a sleeping machine is noticed', async () => {
    const clock = new Clock();
    const told = [];
    let woke = 0;
    const activity = new rl.Activity({now: clock.now, timers: clock.timers, idle: is => told.push(is), woke: () => woke++});
    await clock.pass(4 * 60000);
    activity.input();
    await clock.pass(4 * 60000);
    assert.deepEqual(told, []);
    await clock.pass(2 * 60000);
    activity.input();
    assert.deepEqual(told, [true, false]);
    clock.time += 3600000;
    await clock.pass(15000);
    assert.equal(woke, 1);
    activity.stop();
});

test('after the logout unsent texts are neither written again nor sent', async () => {
    const clock = new Clock();
    const kept = storage();
    const asked = [];
    const outgoing = new rl.Outgoing({
        keep: new rl.Keep(kept, 'https://sugar.example', 'sally'), newId: () => 'new 1', now: clock.now, timers: clock.timers,
        ask: frame => {
            asked.push(frame.text);
            return Promise.reject(rl.problem(0, 'unreachable'));
        },
    });
    outgoing.online(true);
    outgoing.add('c', 'on its way');
    outgoing.stop();
    kept.removeItem(kept.key(0));
    await clock.pass(3600000);
    assert.equal(kept.length, 0);
    assert.deepEqual(asked, ['on its way']);
});

test('a name is asked once where Sugar refuses it, and again half a minute after a failure that may pass', async () => {
    const clock = new Clock();
    const asked = [];
    const answers = {hidden: () => Promise.reject({status: 403}), gus: () => Promise.reject({status: 503})};
    const records = new rl.Records({
        timers: clock.timers,
        ask: record => {
            asked.push(record.id);
            return answers[record.id]();
        },
    });
    const name = id => records.name({module: 'Contacts', id});
    // As a window does it, which draws whatever changed.
    records.on('change', () => ['hidden', 'gus'].forEach(name));
    assert.deepEqual([name('hidden'), name('gus')], [null, null]);
    await clock.pass(29000);
    answers.gus = () => Promise.resolve({name: 'Gus Dales'});
    assert.deepEqual(asked, ['hidden', 'gus']);
    assert.equal(records.state({module: 'Contacts', id: 'gus'}), 'failed');
    await clock.pass(1000);
    assert.equal(name('gus'), 'Gus Dales');
    assert.deepEqual(asked, ['hidden', 'gus', 'gus']);
});

test('only our own addresses count as blocked', () => {
    // start.js needs a page; its two rules about addresses do not.
    const source = require('node:fs').readFileSync(require.resolve('../../sugar_module/custom/include/riverline/start.js'), 'utf8');
    const app = {riverline: {}, events: {on() {}}};
    const load = new Function('SUGAR', '_', 'Backbone', source);
    load({App: app}, require('underscore'), require('backbone'));
    const {origins, isBlocked} = app.riverline;
    assert.deepEqual(origins('https://chat.example.com/riverline'), ['https://chat.example.com', 'wss://chat.example.com']);
    assert.equal(isBlocked('https://chat.example.com', 'wss://chat.example.com/v1/socket'), true);
    assert.equal(isBlocked('https://chat.example.com', 'https://other.example.com/x'), false);
    assert.equal(isBlocked('', 'https://other.example.com/x'), false);
});
