// The service's side of the socket, and small makers of what it says.
'use strict';

/** Stands in for the browser's WebSocket; a test plays the service. */
class FakeSocket {
    constructor(url, protocols) {
        Object.assign(this, {url, protocols, said: [], closed: false, readyState: 0});
        FakeSocket.all.push(this);
    }

    static reset() {
        FakeSocket.all = [];
    }

    static get last() {
        return FakeSocket.all.at(-1);
    }

    send(text) {
        this.said.push(JSON.parse(text));
    }

    close() {
        this.readyState = 2;
        this.closed = true;
    }

    accept() {
        this.readyState = 1;
        this.onopen();
    }

    hear(frame) {
        this.onmessage({data: JSON.stringify(frame)});
    }

    welcome(resumed, cursor = '1.1') {
        this.accept();
        this.hear({type: 'welcome', member_id: 'sally', cursor, resumed});
    }

    event(id, event) {
        this.hear({type: 'event', cursor: `${id}.1`, event});
    }

    end(code, reason = '') {
        this.readyState = 3;
        this.onclose({code, reason});
    }

    of(type) {
        return this.said.filter(frame => frame.type === type);
    }
}
FakeSocket.reset();
exports.FakeSocket = FakeSocket;

const at = second => new Date(Date.UTC(2026, 10, 22, 9, 0, second)).toISOString();

exports.member = (id, name = id, more = {}) => ({id, name, title: null, department: null, active: true, ...more});

exports.message = (id, conversation, sender, second, more = {}) => ({
    id, conversation_id: conversation, sender: {kind: 'member', id: sender}, text: `text ${id}`, state: 'stored', reason: null,
    created_at: at(second), ...more,
});

exports.chat = (id, members) => ({id, kind: 'chat', member_ids: members, created_at: at(0), session: null});

exports.session = (id, more = {}, members = ['sally']) => ({
    id, kind: 'sms', member_ids: members, created_at: at(0),
    session: {
        state: 'open', number: {id: 'main', e164: '+14155550100', label: 'Support'}, peer: '+14155552671',
        record: {module: 'Contacts', id: 'gus'}, record_match: 'linked', owner_id: 'sally', opened_at: at(0), closed_at: null,
        note: {state: 'none', id: null, reason: null}, consent: {opted_out_since: null, do_not_text: false}, ...more,
    },
});

exports.state = (more = {}) => ({
    cursor: '10.1', me: exports.member('sally', 'Sally Bronsen'), presence_choice: null,
    members: [exports.member('sally', 'Sally Bronsen'), exports.member('sarah', 'Sarah Smith'), exports.member('jim', 'Jim Brennan')],
    presence: [], conversations: [], ...more,
});

/** A storage of the browser. */
exports.storage = () => {
    const map = new Map();
    return {
        getItem: key => map.has(key) ? map.get(key) : null, setItem: (key, text) => map.set(key, text),
        removeItem: key => map.delete(key), key: index => [...map.keys()][index],
        get length() {
            return map.size;
        },
    };
};
