/*
 * The messages of one conversation, in whatever order and however often they were heard of: sorted, each once, every
 * state where the service's rules put it.
 */
(function(app) {
    'use strict';

    var riverline = app.riverline = app.riverline || {};

    /** News of a text may overtake each other; the higher one stays. The service decides by the same order. */
    var RANK = {scheduled: -1, queued: 0, sending: 1, unknown: 2, sent: 3, failed: 4, delivered: 5};

    function rank(state) {
        return RANK.hasOwnProperty(state) ? RANK[state] : 9;
    }

    function planned(message) {
        return message.send_at ? new Date(message.send_at).getTime() : 0;
    }

    /** A text that was put off waits again, also one that was being sent: until it is out, the later time is the newer. */
    function isNewer(news, known) {
        var isInside = rank(news.state) <= RANK.sending && rank(known.state) <= RANK.sending;
        if (isInside && planned(news) !== planned(known)) {
            return planned(news) > planned(known);
        }
        return rank(news.state) > rank(known.state);
    }

    function compare(a, b) {
        return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
    }

    function Messages() {
        this._byId = {};
        this._news = {};
        this._pictures = {};
        this._sorted = [];
    }

    /** Sorts by the service's time, then by id, which rises within one sender's millisecond. */
    Messages.key = function(message) {
        return new Date(message.created_at).toISOString() + ' ' + message.id;
    };

    Messages.prototype = {
        /** @return {boolean} whether it was not known before */
        put: function(message) {
            var known = this._byId[message.id];
            if (!known) {
                this._byId[message.id] = _.extend({}, message, {key: Messages.key(message)});
                this._sorted = null;
                if (this._news[message.id]) {
                    this._advance(this._byId[message.id], this._news[message.id]);
                }
            } else {
                this._advance(known, message);
                known.pictures = message.pictures;
            }
            if (this._pictures[message.id]) {
                this._byId[message.id].pictures = this._pictures[message.id];
            }
            return !known;
        },

        /** News may come before the message itself. */
        news: function(id, news) {
            var heard = _.pick(news, 'state', 'reason', 'send_at');
            var known = this._byId[id] || this._news[id];
            if (known) {
                this._advance(known, heard);
            } else {
                this._news[id] = heard;
            }
        },

        /** The newest news of a message's pictures; they win over every page, which may have been read before. */
        showPictures: function(id, pictures) {
            this._pictures[id] = pictures;
            if (this._byId[id]) {
                this._byId[id].pictures = pictures;
            }
        },

        /**
         * A page that takes the place of what was known, after a gap. What came live while it was on its way is newer than
         * all of it and stays, and so does every state that was heard meanwhile.
         */
        renewed: function(page) {
            var messages = new Messages();
            messages._news = this._news;
            messages._pictures = this._pictures;
            page.forEach(messages.put, messages);
            var newest = page.length ? messages.last().key : '';
            this.list().forEach(function(known) {
                if (messages.get(known.id)) {
                    messages._advance(messages.get(known.id), known);
                } else if (known.key > newest) {
                    messages.put(known);
                }
            });
            return messages;
        },

        /** Forgets what is newer than a message, or everything: the service does not have it any more. */
        forgetAfter: function(message) {
            var newest = message ? Messages.key(message) : '';
            this._byId = _.omit(this._byId, function(known) {
                return known.key > newest;
            });
            // Pages that are read from now on know better.
            this._pictures = {};
            this._sorted = null;
        },

        get: function(id) {
            return this._byId[id];
        },

        list: function() {
            if (!this._sorted) {
                this._sorted = _.values(this._byId).sort(compare);
            }
            return this._sorted;
        },

        last: function() {
            return _.last(this.list());
        },

        _advance: function(message, news) {
            if (isNewer(news, message)) {
                message.state = news.state;
                message.reason = news.reason;
                message.send_at = news.send_at || message.send_at;
            }
        }
    };

    riverline.Messages = Messages;
})(SUGAR.App);
