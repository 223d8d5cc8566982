/*
 * Fetches what windows show: which conversation it is, its pages of history, how long a text may be. What goes wrong is
 * kept per window, as the problem that its strip shows.
 *
 * Triggers `change`.
 */
(function(app) {
    'use strict';

    var riverline = app.riverline = app.riverline || {};
    var PAGE = 50;
    var LIMITS = {chat: 4000, sms: 1600};

    /** @param {Object} deps store, api, windows */
    function Contents(deps) {
        _.extend(this, deps);
        this._problems = {};
        this._busy = {};
        this._limits = null;
    }

    _.extend(Contents.prototype, Backbone.Events, {
        /** What the store has of the window's conversation. */
        entry: function(item) {
            return (item.conversationId && this.store.get(item.conversationId)) || null;
        },

        session: function(item) {
            var entry = this.entry(item);
            return (entry && entry.conversation && entry.conversation.session) || null;
        },

        /** Whether this user may write into the window's session. */
        hasOpenSession: function(item) {
            var session = this.session(item);
            return !!session && session.state === 'open' && this.store.isMine(this.entry(item));
        },

        /** The most characters of a text in this window. */
        limit: function(item) {
            var session = this.session(item);
            return (session && this._limits && this._limits[session.number.id]) || LIMITS[item.kind];
        },

        problem: function(id) {
            return this._problems[id] || null;
        },

        isBusy: function(id) {
            return !!this._busy[id];
        },

        say: function(id, problem) {
            if (problem || this._problems[id]) {
                this._problems[id] = problem;
                this.trigger('change');
            }
        },

        /** Finds the window's conversation and its newest page, as far as they are missing. */
        prepare: function(item) {
            if (!item || item.kind === 'members' || !this.store.loaded) {
                return;
            }
            var entry = this.entry(item);
            var chat = !entry && item.memberId && this.store.chatWith(item.memberId);
            if (chat) {
                this._loadFirst(this.windows.attach(item.id, chat.id), chat);
            } else if (item.conversationId && (!entry || !entry.conversation || entry.stale)) {
                this._fetch(item);
            } else if (entry) {
                this._loadFirst(item, entry);
            } else if (item.kind === 'chat') {
                this._open(item, '/v1/chats', {member_ids: [item.memberId]});
            } else if (!this.problem(item.id)) {
                this.openSession(item);
            }
        },

        /** Opens a session with the window's record; Sugar decides, as the user, whether there is one. */
        openSession: function(item) {
            var session = this.session(item);
            var record = (session && session.record) || item.record;
            var body = {module: record.module, record_id: record.id};
            if (session) {
                body.number_id = session.number.id;
            }
            if (item.phoneField) {
                body.phone_field = item.phoneField;
            }
            return this._open(item, '/v1/sms-sessions', body, {sugar: true});
        },

        loadOlder: function(item) {
            var entry = this.entry(item);
            if (entry && entry.history === 'more') {
                this._loadPage(item.id, entry, entry.next);
            }
        },

        /** A conversation that only an event has named so far. */
        fetch: function(conversationId) {
            var store = this.store;
            return this.api.get('/v1/conversations/' + encodeURIComponent(conversationId)).then(function(conversation) {
                return store.know(conversation);
            });
        },

        _fetch: function(item) {
            var self = this;
            if (this.isBusy(item.id)) {
                return;
            }
            this._work(item.id, this.fetch(item.conversationId)).then(function(entry) {
                if (entry) {
                    self._loadFirst(item, entry);
                } else if (self.problem(item.id).status === 404) {
                    self.windows.close(item.id);
                }
            });
        },

        _open: function(item, path, body, options) {
            var self = this;
            if (this.isBusy(item.id)) {
                return Promise.resolve();
            }
            return this._work(item.id, this.api.post(path, body, options)).then(function(conversation) {
                if (conversation && self.windows.get(item.id)) {
                    var entry = self.store.know(conversation);
                    var shown = self.windows.attach(item.id, conversation.id);
                    self.windows.update(shown.id, {closing: false});
                    self._loadFirst(shown, entry);
                }
            });
        },

        _loadFirst: function(item, entry) {
            if (item.kind === 'sms' && !this._limits) {
                this._loadLimits();
            }
            if ((entry.history === 'none' || entry.outdated) && !item.minimised) {
                this._loadPage(item.id, entry, null);
            }
        },

        _loadPage: function(id, entry, after) {
            var self = this;
            if (this.isBusy(id)) {
                return;
            }
            var path = '/v1/conversations/' + encodeURIComponent(entry.id) + '/messages?limit=' + PAGE;
            var page = this.api.get(path + (after ? '&after=' + encodeURIComponent(after) : ''));
            this._work(id, page).then(function(found) {
                if (found) {
                    self.store.addPage(entry.id, found, !after);
                }
            });
        },

        _loadLimits: function() {
            var self = this;
            this._limits = {};
            this.api.get('/v1/numbers').then(function(numbers) {
                numbers.items.forEach(function(number) {
                    self._limits[number.id] = number.max_chars;
                });
                self.trigger('change');
            }, function() {
                // The usual limit holds meanwhile, and the service checks in any case.
                self._limits = null;
            });
        },

        /** One piece of work for a window. Its problem is shown there, and the promise then gives nothing. */
        _work: function(id, promise) {
            var self = this;
            this._busy[id] = true;
            this.say(id, null);
            this.trigger('change');
            return promise.then(function(answer) {
                delete self._busy[id];
                self.say(id, null);
                self.trigger('change');
                return answer;
            }, function(failed) {
                delete self._busy[id];
                self.say(id, failed);
                return null;
            });
        }
    });

    riverline.Contents = Contents;
})(SUGAR.App);
