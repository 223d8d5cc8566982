/*
 * What the user does with Riverline: opens the members, a chat, a text to a record; sends, reads, closes. Views call it
 * and draw what it knows; it holds no DOM.
 *
 * Triggers `change`, gathered, whenever something that is drawn may have changed; `focus` (window id) after the user
 * opened a window himself; `draft` (window id) when a text went back into its composer.
 */
(function(app) {
    'use strict';

    var riverline = app.riverline = app.riverline || {};
    var GATHER = 16;
    var TYPING_EVERY = 3000;

    /**
     * @param {Object} deps store, socket, api, windows, outgoing, records, linking, consent, pictures, drafts (a Keep),
     *     timers {set, clear}, now(), attention() -> whether the user looks at this tab
     */
    function Desk(deps) {
        _.extend(this, deps);
        this.contents = new riverline.Contents(deps);
        this.closing = new riverline.Closing(_.extend({contents: this.contents}, deps));
        this.arrivals = new riverline.Arrivals(_.extend({contents: this.contents, closing: this.closing}, deps));
        this.textActions = new riverline.TextActions(_.extend({contents: this.contents, closing: this.closing}, deps));
        this.drafts = new riverline.Drafts(_.extend({contents: this.contents, arrivals: this.arrivals}, deps));
        this.reading = new riverline.Reading(_.extend({contents: this.contents}, deps));
        this.status = 'connecting';
        this.problem = null;
        this.hint = null;
        this._typed = {};
        this._hurried = {};
        this._listen();
    }

    _.extend(Desk.prototype, Backbone.Events, {
        start: function() {
            this.socket.start();
        },

        stop: function() {
            this._stopped = true;
            this.stopListening();
            this.off();
            this.outgoing.stop();
            this.socket.stop();
            this.closing.stop();
            this.drafts.stopListening();
            this.timers.clear(this._gathering);
        },

        toggleMembers: function() {
            var found = this.windows.get('members');
            if (found && !found.minimised) {
                this.windows.close('members');
            } else {
                this.windows.open({id: 'members', kind: 'members'});
                this.trigger('focus', 'members');
            }
        },

        openChat: function(memberId) {
            var known = this.store.chatWith(memberId);
            var item = (known && this.windows.byConversation(known.id)) ||
                {id: 'chat ' + memberId, kind: 'chat', memberId: memberId};
            this._open(item);
        },

        /** The SMS icon: a text to one of a record's numbers. The page knows the record's name already. */
        openText: function(record, name, phoneField, number) {
            this.records.learn(record, name);
            var item = this._open(this._windowOf(record, phoneField, number) || {
                id: ['sms', record.module, record.id, phoneField].join(' '), kind: 'sms', record: record, phoneField: phoneField
            });
            if (this.contents.session(item) && !this.contents.hasOpenSession(item)) {
                this.startNew(item.id);
            }
        },

        /** A session that waits without a window. */
        openConversation: function(id) {
            this._open(this.arrivals.show(this.store.get(id)));
        },

        minimise: function(id) {
            this.windows.minimise(id);
        },

        expand: function(id) {
            this._open(this.windows.get(id));
        },

        close: function(id) {
            this.closing.close(id);
        },

        /** Windows are shared by all tabs, so only the one that the user looks at decides how many fit. */
        fit: function(width, writing) {
            if (this.attention()) {
                this.windows.fit(width, writing);
            }
        },

        /** @return {boolean} whether the text was taken over; otherwise the composer keeps it */
        send: function(id, text) {
            var item = this.windows.get(id);
            var limit = this.contents.limit(item);
            if (!text.trim()) {
                this._explain(id, 'LBL_RL_TEXT_EMPTY');
            } else if (riverline.characters(text) > limit) {
                this._explain(id, 'LBL_RL_TEXT_TOO_LONG', [riverline.characters(text), limit]);
            } else if (!item.conversationId) {
                this._hurry(id);
            } else {
                this.contents.say(id, null);
                this.saveDraft(id, '');
                delete this._typed[id];
                this.outgoing.add(item.conversationId, text);
                return true;
            }
            return false;
        },

        retry: function(id, messageId, later) {
            this.textActions.retry(id, messageId, later);
        },

        callOff: function(id, messageId) {
            this.textActions.callOff(id, messageId);
        },

        startNew: function(id) {
            this.textActions.startNew(id);
        },

        /** "Try again" under a picture, or `show` for one that is only loaded when somebody wants to see it. */
        getPicture: function(id, messageId, pictureId, show) {
            var message = this.contents.entry(this.windows.get(id)).messages.get(messageId);
            var picture = _.findWhere(message.pictures, {id: pictureId});
            if (picture) {
                this.pictures[show ? 'show' : 'again'](message, picture);
            }
        },

        /** "Try again" in a window's strip. */
        again: function(id) {
            var item = this.windows.get(id);
            var problem = this.contents.problem(id);
            this.contents.say(id, null);
            if (problem && problem.whileClosing) {
                this.close(id);
            } else {
                this.contents.prepare(item);
            }
        },

        typing: function(id) {
            var item = this.windows.get(id);
            if (item.kind === 'chat' && item.conversationId && !(this.now() - this._typed[id] < TYPING_EVERY)) {
                this._typed[id] = this.now();
                this.socket.say({type: 'typing', conversation_id: item.conversationId});
            }
            this._explain(id, null);
        },

        draft: function(id) {
            return this.drafts.read(id);
        },

        saveDraft: function(id, text) {
            this.drafts.write(id, text);
        },

        loadOlder: function(id) {
            this.contents.loadOlder(this.windows.get(id));
        },

        choosePresence: function(choice) {
            var self = this;
            var before = this.store.choice;
            this.store.choice = choice;
            this.contents.say('members', null);
            this._changed();
            this.api.put('/v1/me/presence', {state: choice}).then(function(presence) {
                self.store.presenceChanged([presence], false);
            }, function(failed) {
                self.store.choice = before;
                self.contents.say('members', failed);
            });
        },

        /** Nobody has touched this tab for a while, or somebody did again. */
        idle: function(is) {
            this._idle = is;
            this.socket.say({type: 'presence', state: is ? 'away' : 'available'});
        },

        /** The user looks at this tab again, the machine woke, or the network came back. */
        wake: function() {
            this.socket.wake();
            this.reading.look();
        },

        /** "Try again" after a refused sign-in. */
        signInAgain: function() {
            this.problem = null;
            this.socket.tryNow();
            this._connection(this.socket.status);
        },

        /** Signing in was refused, or the state could not be read; the words stay until it works again. */
        refuse: function(problem) {
            this.problem = problem;
            this._connection(this.socket.status);
        },

        /** Somebody knows better than the connection why there is none. */
        hintAt: function(key, args) {
            this.hint = {key: key, args: args};
            this._changed();
        },

        _listen: function() {
            this.listenTo(this.socket, 'state', this._restore);
            this.listenTo(this.socket, 'event', this.store.apply.bind(this.store));
            this.listenTo(this.socket, 'event', this.reading.heard.bind(this.reading));
            this.listenTo(this.socket, 'presence', this.store.presenceChanged.bind(this.store));
            this.listenTo(this.socket, 'typing', this._typing);
            this.listenTo(this.socket, 'status', this._connected);
            this.listenTo(this.socket, 'failed', this.refuse);
            this.listenTo(this.store, 'message', this.arrivals.arrived.bind(this.arrivals));
            this.listenTo(this.store, 'consent', this._consentChanged);
            this.listenTo(this.store, 'change', this._settle);
            this.listenTo(this.drafts, 'draft', this.trigger.bind(this, 'draft'));
            this.listenTo(this.windows, 'adopted', this._prepareAdopted);
            this.listenTo(this.outgoing, 'change', this.closing.goOn.bind(this.closing));
            this.listenTo(this.windows, 'change', this._sendHurried);
            this.listenTo(this.windows, 'change', this._forgetPictures);
            [
                this.outgoing, this.windows, this.records, this.linking, this.consent, this.pictures, this.contents, this.textActions
            ].forEach(function(part) {
                this.listenTo(part, 'change', this._changed);
            }, this);
            this.on('change', this.reading.look.bind(this.reading));
        },

        /** News of the connection; a new one proves that what stood in the way is gone. */
        _connected: function(status) {
            if (status === 'online') {
                this.problem = null;
                this.hint = null;
                this.linking.online();
                this.reading.online();
                // Windows that were opened meanwhile.
                this.windows.list().slice().forEach(this.contents.prepare, this.contents);
            }
            this._connection(status);
        },

        _connection: function(status) {
            var refused = this.problem && (this.problem.status === 401 || this.problem.status === 403);
            this.status = refused ? 'refused' : status;
            this.outgoing.online(status === 'online');
            if (status === 'online' && this._idle) {
                this.idle(true);
            }
            this._changed();
        },

        /** The user's own doing: the window comes to the front and takes the focus. */
        _open: function(fields) {
            var item = this.windows.open(fields);
            this.contents.prepare(item);
            this.trigger('focus', item.id);
            return item;
        },

        /** After a fresh state. */
        _restore: function(state) {
            this.store.load(state);
            this.windows.list().slice().forEach(function(item) {
                this.contents.prepare(item);
                this.closing.resume(item);
            }, this);
            this.arrivals.catchUp();
        },

        _settle: function() {
            var store = this.store;
            this.outgoing.settle(function(item) {
                var entry = store.get(item.conversation_id);
                return !!entry && !!entry.messages.get(item.id);
            });
            this.closing.settle();
            this.windows.list().filter(this._isLost, this).forEach(function(item) {
                this.windows.close(item.id);
            }, this);
            this._changed();
        },

        /** Somebody else answers this session, and no words of ours are left in its window. */
        _isLost: function(item) {
            return !!this.contents.session(item) && !this.store.isMine(this.contents.entry(item)) &&
                !this.drafts.read(item.id) && !this.outgoing.list(item.conversationId).length;
        },

        /** What was said when a text was refused is not true any more, or is said in the composer's place. */
        _consentChanged: function(conversationId) {
            var item = this.windows.byConversation(conversationId);
            var said = item && this.contents.problem(item.id);
            if (said && _.contains(['opted_out', 'do_not_text'], said.code)) {
                this.contents.say(item.id, null);
            }
        },

        /** Nothing comes when a colleague stops typing, so the words about it end with time. */
        _typing: function(signal) {
            this.store.typed(signal);
            var until = this.store.get(signal.conversation_id).typing[signal.member_id];
            this.timers.set(this._changed.bind(this), until - this.now());
        },

        /** Windows that another tab opened or expanded. One that has no conversation yet is that tab's to open. */
        _prepareAdopted: function() {
            this.windows.list().slice().forEach(function(item) {
                if (item.conversationId) {
                    this.contents.prepare(item);
                }
            }, this);
        },

        /** Sent while its window is still opening: it goes out with the opening. A window that cannot open says why. */
        _hurry: function(id) {
            var said = this.contents.problem(id);
            if (!said || said.code === 'here') {
                this._hurried[id] = true;
                this._explain(id, 'LBL_RL_NOT_OPEN_YET');
            }
        },

        _forgetPictures: function() {
            this.pictures.keepOnly(_.pluck(this.windows.list(), 'conversationId'));
        },

        _sendHurried: function() {
            _.each(_.keys(this._hurried), function(id) {
                var item = this.windows.get(id);
                if (item && !item.conversationId) {
                    return;
                }
                delete this._hurried[id];
                if (item && this.draft(id).trim() && this.send(id, this.draft(id))) {
                    this.trigger('draft', id);
                }
            }, this);
        },

        /** A sentence of our own about the words in the composer; it goes when they change, what the service said stays. */
        _explain: function(id, key, args) {
            var said = this.contents.problem(id);
            if (key || (said && said.code === 'here')) {
                this.contents.say(id, key ? riverline.problem(0, 'here', {key: key, args: args}) : null);
            }
        },

        /** The window of this number of a record. Two that turn out to be the same become one later. */
        _windowOf: function(record, phoneField, number) {
            return _.find(this.windows.list(), function(item) {
                var session = this.contents.session(item);
                return item.kind === 'sms' && _.isEqual((session && session.record) || item.record, record) &&
                    (item.phoneField === phoneField || (!!session && !!number && ending(session.peer) === ending(number)));
            }, this);
        },

        _changed: function() {
            var self = this;
            if (!this._gathering && !this._stopped) {
                this._gathering = this.timers.set(function() {
                    self._gathering = null;
                    self.trigger('change');
                }, GATHER);
            }
        }
    });

    /** What all spellings of a number have in common. */
    function ending(number) {
        return String(number || '').replace(/\D/g, '').slice(-8);
    }

    riverline.Desk = Desk;
})(SUGAR.App);
