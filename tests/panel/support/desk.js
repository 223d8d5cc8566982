// A desk with everything behind it played by the test: the socket, REST, Sugar, the clock.
'use strict';
const {riverline, words} = require('./load');
const {Clock} = require('./clock');
const {FakeSocket, state, storage} = require('./wire');

exports.Clock = Clock;
exports.FakeSocket = FakeSocket;

/** Sugar's answer about a record: its name, or the status of its refusal; without either it does not answer. */
function ask(known) {
    return typeof known === 'string' ? Promise.resolve({name: known}) : Promise.reject({status: known || 503});
}

exports.desk = async (start = {}, more = {}) => {
    FakeSocket.reset();
    const rl = riverline();
    const clock = new Clock();
    const disks = more.disks || {local: storage(), session: storage()};
    const it = {rl, clock, disks, calls: [], answers: more.answers || {}, attention: true, names: {}, focused: []};
    const call = (method, path, body, options) => {
        it.calls.push({method, path, body, options});
        const answer = it.answers[`${method} ${path.split('?')[0]}`];
        const found = typeof answer === 'function' ? answer(body, path) : answer;
        return found && found.code ? Promise.reject(found) : Promise.resolve(found === undefined ? {items: [], next: null} : found);
    };
    const local = new rl.Keep(disks.local, 'https://sugar.example', 'sally');
    const session = new rl.Keep(disks.session, 'https://sugar.example', 'sally');
    const socket = new rl.Socket({
        url: 'wss://service/v1/socket', WebSocket: FakeSocket, timers: clock.timers, now: clock.now, random: () => 0.5, visible: () => true,
        signIn: {token: () => Promise.resolve('t'), forget() {}, isStill: () => true}, readState: () => Promise.resolve(state(start)),
    });
    let made = 0;
    const desk = new rl.Desk({
        store: new rl.Store({now: clock.now}), socket, timers: clock.timers, now: clock.now, drafts: session,
        api: {get: path => call('GET', path), post: (path, body, options) => call('POST', path, body, options), put: (path, body) => call('PUT', path, body)},
        windows: new rl.Windows(local), attention: () => it.attention,
        records: new rl.Records({timers: clock.timers, ask: record => ask(it.names[record.id])}),
        pictures: new rl.Pictures({
            api: {bytes: path => call('BYTES', path), post: (path, body, options) => call('POST', path, body, options)},
            encode: (blob, type) => Promise.resolve(`data:${type};${blob.bytes}`),
        }),
        consent: new rl.Consent({keep: local, api: {post: (path, body, options) => call('POST', path, body, options)}}),
        linking: new rl.Linking({
            api: {get: path => call('GET', path), post: (path, body, options) => call('POST', path, body, options)},
            pick: {select: module => it.picks(module), create: number => it.picks('new', number)},
        }),
        outgoing: new rl.Outgoing({
            ask: socket.ask.bind(socket), post: (path, body) => call('POST', path, body), keep: session, newId: () => `new ${++made}`, now: clock.now,
            timers: clock.timers,
        }),
    });
    const texts = new rl.Texts({now: clock.now, lang: key => words()[key] || key, module: name => name.replace(/s$/, '')});
    desk.on('focus', id => it.focused.push(id));
    Object.assign(it, {
        desk, texts, wire: () => FakeSocket.last,
        connect: async () => {
            FakeSocket.last.welcome(false);
            await clock.pass(50);
        },
        event: async (id, event) => {
            FakeSocket.last.event(id, event);
            await clock.pass(50);
        },
        sent: () => FakeSocket.all.flatMap(one => one.of('send')),
        ids: () => [...desk.windows.list()].map(item => item.id + (item.minimised ? ' -' : '')),
        face: id => rl.face(desk, texts, desk.windows.get(id)),
        lines: id => [...rl.lines(desk, texts, desk.windows.get(id))],
    });
    desk.start();
    await Clock.settle();
    if (!more.stayOffline) {
        await it.connect();
    }
    return it;
};
