/*
 * Windows that open by themselves: a message came in, now or while nobody was here. They take no focus.
 */
(function(app) {
    'use strict';

    var riverline = app.riverline = app.riverline || {};

    /** @param {Object} deps store, windows, contents, closing */
    function Arrivals(deps) {
        this._store = deps.store;
        this._windows = deps.windows;
        this._contents = deps.contents;
        this._closing = deps.closing;
    }

    Arrivals.prototype = {
        /** A message came while we were here. */
        arrived: function(entry, message) {
            var own = message.sender.kind === 'member' && message.sender.id === this._store.me.id;
            if (own) {
                return;
            }
            if (!entry.conversation) {
                // A chat that was opened long ago and gets its first words now.
                this._contents.fetch(entry.id).then(this._popUp.bind(this), function() { /* not ours to see */ });
            } else {
                this._popUp(entry);
            }
        },

        /** What came while nobody was here: texts pop up, chats wait small. */
        catchUp: function() {
            _.each(this._store.conversations, function(entry) {
                if (this._store.unread(entry) && !this._windows.byConversation(entry.id)) {
                    var item = this.show(entry);
                    this._windows.update(item.id, {minimised: item.kind === 'chat' || item.minimised});
                    this._contents.prepare(item);
                }
            }, this);
        },

        /** The window of a conversation; a new one is expanded unless the user wants no disturbance. */
        show: function(entry) {
            var conversation = entry.conversation;
            var partner = this._store.partner(conversation);
            var found = this._windows.byConversation(entry.id) || this._sameThread(conversation) || this._windows.open({
                id: (partner ? 'chat ' + partner : 'conversation ' + entry.id), kind: conversation.kind,
                memberId: partner, minimised: this._store.choice === 'do_not_disturb'
            });
            return this._windows.attach(found.id, entry.id);
        },

        /** Opens the window of a conversation that may not be known here any more. */
        reveal: function(conversationId) {
            var self = this;
            var entry = this._store.get(conversationId);
            var known = entry && entry.conversation ? Promise.resolve(entry) : this._contents.fetch(conversationId);
            return known.then(function(found) {
                var item = self.show(found);
                self._contents.prepare(item);
                return item;
            });
        },

        /** A window that was about to go stays: its user has not seen these words. */
        _popUp: function(entry) {
            if (this._store.isMine(entry)) {
                var item = this.show(entry);
                this._closing.stay(item.id);
                this._contents.prepare(item);
            }
        },

        /** The window that waits for this chat, or shows an earlier session of the same two numbers. */
        _sameThread: function(conversation) {
            if (conversation.kind === 'chat') {
                return this._windows.get('chat ' + this._store.partner(conversation));
            }
            return _.find(this._windows.list(), function(item) {
                var session = this._contents.session(item);
                return session && session.state === 'closed' && session.peer === conversation.session.peer &&
                    session.number.id === conversation.session.number.id;
            }, this);
        }
    };

    riverline.Arrivals = Arrivals;
})(SUGAR.App);
