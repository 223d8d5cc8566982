/*
 * What the user does about a text after he has sent it: tries it again, sends it again, calls it off, or takes it along
 * into a new session. A text is sent again, or called off, once, however often he clicks.
 *
 * Triggers `change`.
 */
(function(app) {
    'use strict';

    var riverline = app.riverline = app.riverline || {};

    /** @param {Object} deps api, windows, outgoing, contents, closing */
    function TextActions(deps) {
        _.extend(this, deps);
        this.retried = {};
        this.calledOff = {};
    }

    _.extend(TextActions.prototype, Backbone.Events, {
        /**
         * Under words that did not get out: "Try again", or when people sleep there, "Send now" and "Send at ..". Under a
         * text that did: "Send again".
         */
        retry: function(id, messageId, later) {
            var entry = this.contents.entry(this.windows.get(id));
            if (entry && entry.messages.get(messageId)) {
                this._sendAgain(id, entry.id, messageId);
            } else {
                this.outgoing.again(messageId, later);
            }
        },

        /** "Cancel" under a text of ours that has not gone out; the service tells everybody what became of it. */
        callOff: function(id, messageId) {
            var self = this;
            var entry = this.contents.entry(this.windows.get(id));
            if (!entry || this.calledOff[messageId]) {
                return;
            }
            this.calledOff[messageId] = true;
            this.contents.say(id, null);
            this.trigger('change');
            this.api.post(pathOf(entry.id, messageId, 'cancel'), {}).then(function(message) {
                entry.messages.news(message.id, message);
                self.trigger('change');
            }, function(failed) {
                delete self.calledOff[messageId];
                self.contents.say(id, failed);
                self.trigger('change');
            });
        },

        /** The window's session is over: opens a new one, and sends there what was refused here. */
        startNew: function(id) {
            var self = this;
            var before = this.windows.get(id).conversationId;
            this.closing.stay(id);
            this.contents.openSession(this.windows.get(id)).then(function() {
                var item = self.windows.get(id);
                if (item && item.conversationId !== before) {
                    self.outgoing.list(before).filter(wasTooLate).forEach(function(text) {
                        self.outgoing.drop(text.id);
                        self.outgoing.add(item.conversationId, text.text);
                    });
                }
            });
        },

        /** The service makes a new text of it, one however often it is asked. */
        _sendAgain: function(id, conversationId, messageId) {
            var self = this;
            if (this.retried[messageId]) {
                return;
            }
            this.retried[messageId] = true;
            this.contents.say(id, null);
            this.trigger('change');
            this.api.post(pathOf(conversationId, messageId, 'resend'), {}, {key: 'again-' + messageId}).then(null, function(failed) {
                delete self.retried[messageId];
                self.contents.say(id, failed);
            });
        }
    });

    function wasTooLate(text) {
        return !!text.problem && text.problem.code === 'session_closed';
    }

    function pathOf(conversationId, messageId, action) {
        return ['/v1/conversations', encodeURIComponent(conversationId), 'messages', encodeURIComponent(messageId), action].join('/');
    }

    riverline.TextActions = TextActions;
})(SUGAR.App);
