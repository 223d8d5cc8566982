/*
 * Words in the composers that are not sent: kept for this tab, moved when windows become one, and put back when the
 * service refused them.
 *
 * Triggers `draft` (window id) when words went into a composer from elsewhere.
 */
(function(app) {
    'use strict';

    var riverline = app.riverline = app.riverline || {};

    /** Sending these again cannot help: the words go back to where they can be changed. */
    var GIVEN_BACK = [
        'session_claimed', 'text_too_long', 'text_empty', 'forbidden', 'conversation_not_found', 'opted_out',
        'do_not_text', 'country_not_allowed', 'cannot_be_answered', 'cap_reached'
    ];

    /** @param {Object} deps drafts (a Keep), windows, outgoing, contents, arrivals */
    function Drafts(deps) {
        _.extend(this, _.pick(deps, 'windows', 'outgoing', 'contents', 'arrivals'));
        this._keep = deps.drafts;
        this.listenTo(this.outgoing, 'refused', this._refused);
        this.listenTo(this.windows, 'merged', this._move);
    }

    _.extend(Drafts.prototype, Backbone.Events, {
        read: function(id) {
            return this._keep.read('draft ' + id) || '';
        },

        write: function(id, text) {
            if (text) {
                this._keep.write('draft ' + id, text);
            } else {
                this._keep.remove('draft ' + id);
            }
        },

        /** The service said no to a text. It stays in the log, unless its words belong into the composer again. */
        _refused: function(text) {
            var item = this.windows.byConversation(text.conversation_id);
            if (item) {
                this._giveBack(item, text);
                return;
            }
            // Its window was closed meanwhile: the user has to hear of it all the same.
            var self = this;
            this.arrivals.reveal(text.conversation_id).then(function(shown) {
                self._giveBack(shown, text);
            }, function() { /* there is no such conversation any more */ });
        },

        _giveBack: function(item, text) {
            if (_.contains(GIVEN_BACK, text.problem.code)) {
                this.outgoing.drop(text.id);
                this.contents.say(item.id, text.problem);
                this._put(item.id, text.text);
            }
        },

        /** A window gave way to another one that shows the same conversation. */
        _move: function(from, into) {
            var text = this.read(from);
            if (text) {
                this.write(from, '');
                this._put(into, text);
            }
        },

        /** Above what stands there. */
        _put: function(id, text) {
            this.write(id, _.compact([text, this.read(id)]).join('\n'));
            this.trigger('draft', id);
        }
    });

    riverline.Drafts = Drafts;
})(SUGAR.App);
