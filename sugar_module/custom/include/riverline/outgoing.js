/*
 * What this user has sent and the service has not confirmed yet. It is kept for this tab and user until it is
 * confirmed, and sent again with the same id after a lost connection or a reload, which the service takes as one
 * message. One at a time per conversation, so that the order stays.
 *
 * Triggers `change`, and `refused` (item) when the service said no; the item keeps its problem and waits for the user.
 */
(function(app) {
    'use strict';

    var riverline = app.riverline = app.riverline || {};

    /** A text that waited longer than this for a connection is not sent behind the user's back. */
    var STALE_AFTER = 5 * 60000;
    var TRY_AGAIN_IN = 2000;

    /** The service cuts off who sends larger frames than 8 KiB; what is longer goes by REST, as one message all the same. */
    var LARGEST_FRAME = 8000;

    /**
     * @param {Object} deps ask(frame), post(path, body) -> promise; keep: a riverline.Keep for this tab; newId();
     *     now(); timers
     */
    function Outgoing(deps) {
        this._deps = deps;
        this._online = false;
        this._items = _.reject(deps.keep.read('unsent') || [], {confirmed: true});
        this._items.forEach(function(item) {
            item.busy = false;
        });
    }

    _.extend(Outgoing.prototype, Backbone.Events, {
        add: function(conversationId, text) {
            this._items.push({
                id: this._deps.newId(), conversation_id: conversationId, text: text, at: this._deps.now(), problem: null
            });
            this._changed();
            this._flush();
        },

        list: function(conversationId) {
            return this._items.filter(function(item) {
                return item.conversation_id === conversationId;
            });
        },

        /** The user says again. Where people sleep he says that he means it, or `later`: as soon as it is allowed. */
        again: function(id, later) {
            var item = this._find(id);
            if (item) {
                if (item.problem && item.problem.code === 'quiet_hours') {
                    item.when = later ? {send_at: item.problem.allowed_at} : {despite_quiet_hours: true};
                }
                item.problem = null;
                item.at = this._deps.now();
                this._changed();
                this._flush();
            }
        },

        /** Takes away what came back as a message; until then a confirmed text stays in sight. */
        settle: function(isKnown) {
            var left = this._items.filter(function(item) {
                return !isKnown(item);
            });
            if (left.length < this._items.length) {
                this._items = left;
                this._changed();
                this._flush();
            }
        },

        /** The user takes it back. */
        drop: function(id) {
            var item = this._find(id);
            if (item) {
                this._items = _.without(this._items, item);
                this._changed();
                this._flush();
            }
        },

        online: function(is) {
            this._online = is;
            this._flush();
        },

        /** At the logout: what is wiped from this tab is neither written again nor sent. */
        stop: function() {
            this._stopped = true;
            this.online(false);
        },

        _flush: function() {
            if (!this._online) {
                return;
            }
            var taken = {};
            this._items.forEach(function(item) {
                var isNext = !taken[item.conversation_id];
                if (item.problem || item.confirmed) {
                    return;
                }
                taken[item.conversation_id] = true;
                if (this._deps.now() - item.at > STALE_AFTER && !item.busy) {
                    this._refuse(item, riverline.problem(0, 'unreachable'));
                } else if (isNext && !item.busy) {
                    this._send(item);
                }
            }, this);
        },

        _send: function(item) {
            var self = this;
            item.busy = true;
            this._deliver(item).then(function() {
                item.busy = false;
                item.confirmed = true;
                self._changed();
                self._flush();
            }, function(failed) {
                item.busy = false;
                if (failed.code === 'unreachable' || failed.code === 'busy' || failed.code === 'too_many_requests') {
                    // Nobody knows whether it arrived; the same id again is safe.
                    self._deps.timers.set(function() {
                        self._flush();
                    }, failed.retryMs || TRY_AGAIN_IN);
                } else {
                    self._refuse(item, failed);
                    self._flush();
                }
            });
        },

        _deliver: function(item) {
            var body = _.extend({message_id: item.id, text: item.text}, item.when);
            var frame = _.extend({type: 'send', conversation_id: item.conversation_id}, body);
            if (bytes(JSON.stringify(frame)) <= LARGEST_FRAME) {
                return this._deps.ask(frame);
            }
            var path = '/v1/conversations/' + encodeURIComponent(item.conversation_id) + '/messages';
            return this._deps.post(path, body);
        },

        _refuse: function(item, problem) {
            item.problem = problem;
            this._changed();
            this.trigger('refused', item);
        },

        _find: function(id) {
            return _.findWhere(this._items, {id: id});
        },

        _changed: function() {
            if (this._stopped) {
                return;
            }
            this._deps.keep.write('unsent', this._items);
            this.trigger('change');
        }
    });

    /** Length in UTF-8; the halves of a surrogate pair count two each. */
    function bytes(text) {
        var sum = 0;
        for (var i = 0; i < text.length; i++) {
            var code = text.charCodeAt(i);
            sum += code < 0x80 ? 1 : code < 0x800 || (code >= 0xd800 && code < 0xe000) ? 2 : 3;
        }
        return sum;
    }

    riverline.Outgoing = Outgoing;
})(SUGAR.App);
