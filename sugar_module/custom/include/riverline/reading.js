/*
 * What the user has read: what stands in an expanded window of the tab that he looks at. The service is told once, and
 * again after a lost connection until it says so itself.
 */
(function(app) {
    'use strict';

    var riverline = app.riverline = app.riverline || {};

    /** @param {Object} deps store, socket, windows, contents, attention() -> whether the user looks at this tab */
    function Reading(deps) {
        _.extend(this, _.pick(deps, 'store', 'socket', 'windows', 'contents', 'attention'));
        this._told = {};
    }

    Reading.prototype = {
        look: function() {
            if (this.attention()) {
                this.windows.list().forEach(this._read, this);
            }
        },

        /** An event of the log: the service knows of a mark. */
        heard: function(cursor, event) {
            if (event.kind === 'conversation.read' && event.message_id === this._told[event.conversation_id]) {
                delete this._told[event.conversation_id];
            }
        },

        /** There is a connection again; what was said into the old one may never have arrived. */
        online: function() {
            _.each(this._told, function(messageId, conversationId) {
                this._tell(conversationId, messageId);
            }, this);
        },

        _read: function(item) {
            var entry = this.contents.entry(item);
            if (!entry || item.minimised || item.closing || !this.store.unread(entry)) {
                return;
            }
            var last = entry.messages.last().id;
            if (this._tell(entry.id, last)) {
                this._told[entry.id] = last;
                this.store.markRead(entry.id, last);
            }
        },

        _tell: function(conversationId, messageId) {
            return this.socket.say({type: 'read', conversation_id: conversationId, message_id: messageId});
        }
    };

    riverline.Reading = Reading;
})(SUGAR.App);
