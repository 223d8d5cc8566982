/*
 * What this user knows of Riverline: members, presence, conversations. Holds no DOM. Events may come twice or in any
 * order: the same events always give the same state, because the newest place in the log wins, messages are kept by id,
 * and read marks only go forward.
 *
 * Triggers `change` after anything, `message` (conversation entry, message) for a message that is new here, `saved`
 * (record) when the Note of a session was stored on its record, `consent` (conversation id) when a session's other side
 * may be texted now, or not any more.
 */
(function(app) {
    'use strict';

    var riverline = app.riverline = app.riverline || {};
    var TYPING_LASTS = 6000;

    function Store(deps) {
        this._now = deps.now;
        this.loaded = false;
        this.me = null;
        this.choice = null;
        this.members = {};
        this.presence = {};
        this.conversations = {};
        this._versions = {};
    }

    _.extend(Store.prototype, Backbone.Events, {
        /** A fresh GET /v1/state. What was loaded of a conversation is shown until its history was read again. */
        load: function(state) {
            var before = this.conversations;
            this.loaded = true;
            this.me = state.me;
            this.choice = state.presence_choice;
            this.members = _.indexBy(state.members, 'id');
            this.conversations = {};
            this._versions = {};
            this._floor = riverline.cursorId(state.cursor);
            this.presenceChanged(state.presence, true);
            state.conversations.forEach(function(found) {
                this._loadEntry(found, before[found.conversation.id]);
            }, this);
            _.each(before, function(entry, id) {
                if (!this.conversations[id]) {
                    this.conversations[id] = _.extend(entry, {stale: true, base: 0});
                }
            }, this);
            this.trigger('change');
        },

        /** An event of the log. */
        apply: function(cursor, event) {
            var at = riverline.cursorId(cursor);
            if (at <= this._floor) {
                return;
            }
            if (event.kind === 'member.updated') {
                this._newest('member ' + event.member.id, at, function() {
                    this.members[event.member.id] = event.member;
                });
            } else if (event.kind === 'conversation.created' || event.kind === 'conversation.updated') {
                this._newest('conversation ' + event.conversation.id, at, function() {
                    this._entry(event.conversation.id).conversation = event.conversation;
                    if (event.change === 'consent') {
                        this.trigger('consent', event.conversation.id);
                    }
                    if (event.change === 'note' && event.conversation.session.note.state === 'saved') {
                        this.trigger('saved', event.conversation.session.record);
                    }
                });
            } else if (event.kind === 'message.created') {
                this._arrived(event.message);
            } else if (event.kind === 'message.updated') {
                this._entry(event.conversation_id).messages.news(event.message_id, event);
            } else if (event.kind === 'message.pictures') {
                this._newest('pictures ' + event.message_id, at, function() {
                    this._entry(event.conversation_id).messages.showPictures(event.message_id, event.pictures);
                });
            } else if (event.kind === 'conversation.read') {
                this._read(this._entry(event.conversation_id), event.member_id, event.message_id);
            }
            this.trigger('change');
        },

        /** A conversation from an answer. Events know it better, so it only fills a gap. */
        know: function(conversation) {
            var entry = this._entry(conversation.id);
            if (!entry.conversation || entry.stale) {
                entry.conversation = conversation;
                entry.stale = false;
                this.trigger('change');
            }
            return entry;
        },

        /** A page of history, newest first; `next` leads further back. */
        addPage: function(id, page, isNewest) {
            var entry = this._entry(id);
            if (isNewest && entry.outdated) {
                entry.messages = entry.messages.renewed(page.items);
                entry.outdated = false;
            } else {
                page.items.forEach(entry.messages.put, entry.messages);
            }
            entry.next = page.next;
            entry.history = page.next ? 'more' : 'complete';
            this.trigger('change');
        },

        /** Presence of some; `all` when those who are not named are offline. */
        presenceChanged: function(list, all) {
            if (all) {
                this.presence = {};
            }
            list.forEach(function(presence) {
                this.presence[presence.member_id] = presence;
            }, this);
            this.trigger('change');
        },

        typed: function(signal) {
            this._entry(signal.conversation_id).typing[signal.member_id] = this._now() + TYPING_LASTS;
            this.trigger('change');
        },

        /** Read by this user in this tab; the service and the other tabs are told by the caller. */
        markRead: function(id, messageId) {
            this._read(this._entry(id), this.me.id, messageId);
            this.trigger('change');
        },

        get: function(id) {
            return this.conversations[id] || null;
        },

        chatWith: function(memberId) {
            return _.find(this.conversations, function(entry) {
                return this.me && entry.conversation && this.partner(entry.conversation) === memberId;
            }, this) || null;
        },

        /** The colleague on the other side of a chat between two. */
        partner: function(conversation) {
            var others = _.without(conversation.member_ids, this.me.id);
            return conversation.kind === 'chat' && others.length === 1 ? others[0] : undefined;
        },

        /** Whether this user still belongs to it; who lost the race for a session does not. */
        isMine: function(entry) {
            return !!this.me && !!entry.conversation && _.contains(entry.conversation.member_ids, this.me.id);
        },

        presenceOf: function(memberId) {
            return this.presence[memberId] || {member_id: memberId, state: 'offline', since: null};
        },

        nameOf: function(memberId) {
            var member = this.members[memberId];
            return member ? member.name : null;
        },

        typing: function(entry) {
            var now = this._now();
            return Object.keys(entry.typing).filter(function(id) {
                return entry.typing[id] > now && id !== this.me.id;
            }, this);
        },

        /** Messages of others that this user has not read. */
        unread: function(entry) {
            if (!this.loaded || !this.isMine(entry)) {
                return 0;
            }
            var read = this._mark(entry, this.me.id);
            var counted = entry.messages.list().filter(function(message) {
                return message.key > read && message.key > entry.baseKey && !this._isOwn(message);
            }, this).length;
            return counted + (read >= entry.baseKey ? 0 : entry.base);
        },

        unreadTotal: function() {
            return _.reduce(this.conversations, function(sum, entry) {
                return sum + this.unread(entry);
            }, 0, this);
        },

        /** Whether a member has read a message. */
        hasRead: function(entry, memberId, message) {
            return this._mark(entry, memberId) >= message.key;
        },

        _entry: function(id) {
            this.conversations[id] = this.conversations[id] || {
                id: id, conversation: null, messages: new riverline.Messages(), marks: {}, typing: {},
                base: 0, baseKey: '', history: 'none', next: null, outdated: false, stale: false
            };
            return this.conversations[id];
        },

        _loadEntry: function(found, before) {
            var entry = this._entry(found.conversation.id);
            var last = found.last_message;
            entry.conversation = found.conversation;
            if (before) {
                entry.messages = before.messages;
                // What came after this state is told again; anything else newer went with a restored database.
                entry.messages.forgetAfter(last);
                entry.history = before.history;
                entry.next = before.next;
                entry.outdated = before.history !== 'none';
            }
            if (last) {
                entry.messages.put(last);
                entry.base = found.unread;
                entry.baseKey = entry.messages.get(last.id).key;
            }
            _.each(found.read, function(messageId, memberId) {
                this._read(entry, memberId, messageId);
            }, this);
        },

        _arrived: function(message) {
            var entry = this._entry(message.conversation_id);
            var isNew = entry.messages.put(message);
            if (message.sender.kind === 'member') {
                delete entry.typing[message.sender.id];
            }
            if (isNew) {
                this.trigger('message', entry, message);
            }
        },

        /** Runs when the place in the log is newer than what was last applied to this thing. */
        _newest: function(thing, at, run) {
            if (!(this._versions[thing] >= at)) {
                this._versions[thing] = at;
                run.call(this);
            }
        },

        /** A mark may name a message that is not here yet, so all named ones are kept. */
        _read: function(entry, memberId, messageId) {
            entry.marks[memberId] = entry.marks[memberId] || {};
            entry.marks[memberId][messageId] = true;
        },

        /** How far a member has read, as the key of a message. Who writes has read what is above. */
        _mark: function(entry, memberId) {
            var marks = entry.marks[memberId] || {};
            var list = entry.messages.list();
            for (var i = list.length - 1; i >= 0; i--) {
                var sender = list[i].sender;
                if (marks[list[i].id] || (sender.kind === 'member' && sender.id === memberId)) {
                    return list[i].key;
                }
            }
            return '';
        },

        _isOwn: function(message) {
            return message.sender.kind === 'member' && message.sender.id === this.me.id;
        }
    });

    riverline.Store = Store;
})(SUGAR.App);
