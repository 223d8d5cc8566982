/*
 * The end of a session in its window: the service is asked to close it, its Note is awaited, and the window goes. A text
 * that opens the session again in the meantime keeps the window.
 */
(function(app) {
    'use strict';

    var riverline = app.riverline = app.riverline || {};
    var SAVED_STAYS = 6000;

    /** @param {Object} deps store, api, windows, contents, outgoing, timers */
    function Closing(deps) {
        _.extend(this, deps);
        this._sending = {};
        this._over = {};
        this._leaving = {};
    }

    Closing.prototype = {
        stop: function() {
            _.each(this._leaving, function(timer) {
                this.timers.clear(timer);
            }, this);
        },

        /** Closing the window of a session that this user answers closes the session; any other window just goes. */
        close: function(id) {
            if (!this._endsSession(this.windows.get(id))) {
                this._leave(id);
                return;
            }
            this.contents.say(id, null);
            var item = this.windows.get(id);
            var last = _.pluck(this._underWay(item), 'id');
            this._sending[id] = {conversationId: item.conversationId, last: last};
            this.windows.update(id, {closing: true, saying: last.length > 0});
            this.goOn();
        },

        /** The user's last words go before the end of their session; a refusal he has to see. */
        goOn: function() {
            _.each(this._sending, function(sending, id) {
                var left = this.outgoing.list(sending.conversationId).filter(function(text) {
                    return _.contains(sending.last, text.id) && !text.confirmed;
                });
                if (_.some(left, isRefused)) {
                    this.stay(id);
                } else if (!left.length) {
                    delete this._sending[id];
                    this.windows.update(id, {saying: false});
                    this._end(id, sending.conversationId);
                }
            }, this);
        },

        /** The window may be gone by then: another tab, or a second press, took it away. */
        _end: function(id, conversationId) {
            var self = this;
            this.api.post('/v1/sms-sessions/' + conversationId + '/close').then(function(conversation) {
                if (conversation.session.note.state === 'none' && self._isClosing(id)) {
                    self._leave(id);
                }
            }, function(failed) {
                self.stay(id);
                self.contents.say(id, _.extend(failed, {whileClosing: true}));
            });
        },

        /** The window does not go after all. */
        stay: function(id) {
            this._forget(id);
            delete this._sending[id];
            this.windows.update(id, {closing: false, saying: false});
        },

        /**
         * After a fresh state: the page may have gone before the service heard of the closing. One that waits for the words
         * of another tab is that tab's to end; the window is seen until then, in case that tab is no more.
         */
        resume: function(item) {
            if (item.closing && this.contents.hasOpenSession(item)) {
                var isAnothers = item.saying && !this._underWay(item).length;
                this.stay(item.id);
                // What is unread came after the user had closed: it has to be seen first.
                if (!isAnothers && !this.store.unread(this.contents.entry(item))) {
                    this.close(item.id);
                }
            }
        },

        /** Follows what the service says of the sessions. */
        settle: function() {
            this.windows.list().filter(isClosing).forEach(function(item) {
                var session = this.contents.session(item);
                if (session && session.state === 'closed') {
                    this._over[item.id] = true;
                    this._leaveOnceSaved(item.id, session);
                } else if (session && this._over[item.id]) {
                    this.stay(item.id);
                }
            }, this);
        },

        _leaveOnceSaved: function(id, session) {
            var self = this;
            if (session.note.state === 'saved' && !this._leaving[id]) {
                this._leaving[id] = this.timers.set(function() {
                    delete self._leaving[id];
                    // Another tab may have kept the window.
                    if (self._isClosing(id)) {
                        self._leave(id);
                    }
                }, SAVED_STAYS);
            }
        },

        _leave: function(id) {
            this._forget(id);
            this.contents.say(id, null);
            this.windows.close(id);
        },

        _forget: function(id) {
            this.timers.clear(this._leaving[id]);
            delete this._leaving[id];
            delete this._over[id];
        },

        _underWay: function(item) {
            return _.reject(this.outgoing.list(item.conversationId), isRefused);
        },

        _isClosing: function(id) {
            var item = this.windows.get(id);
            return !!item && isClosing(item);
        },

        /** A session that waits for its first answer from one of several stays with the others; one on its way makes it his. */
        _endsSession: function(item) {
            if (item.kind !== 'sms' || item.closing || !this.contents.hasOpenSession(item)) {
                return false;
            }
            var conversation = this.contents.entry(item).conversation;
            return !!conversation.session.owner_id || conversation.member_ids.length === 1 || this._underWay(item).length > 0;
        }
    };

    function isClosing(item) {
        return !!item.closing;
    }

    function isRefused(text) {
        return !!text.problem;
    }

    riverline.Closing = Closing;
})(SUGAR.App);
