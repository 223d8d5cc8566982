/*
 * The pictures of texts. Their bytes are fetched with our token when a window shows them, and forgotten with the window;
 * a page shows them as `data:` addresses, because Sugar's Content Security Policy lets it show no others of ours.
 *
 * Triggers `change`.
 */
(function(app) {
    'use strict';

    var riverline = app.riverline = app.riverline || {};

    /** What browsers show and what can hold no script; the service takes nothing else. */
    var SHOWN = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];
    /** Bytes that this page keeps without being asked; a larger picture waits for a click. */
    var ROOM = 32 * 1024 * 1024;
    /** Others wait for their turn. */
    var AT_ONCE = 3;

    /** @param {Object} deps api; encode(blob, type) -> promise of a `data:` address */
    function Pictures(deps) {
        this._api = deps.api;
        this._encode = deps.encode;
        this._kept = {};
        this._line = [];
        this._loading = 0;
        this._asked = {};
        this._problems = {};
    }

    _.extend(Pictures.prototype, Backbone.Events, {
        /**
         * How a picture of a message stands, and has it fetched when it is time.
         *
         * @return {Object} state: `waiting` for the carrier, `loading`, `here`, `large` (fetched when the user asks), or
         *     `lost`; problem: why our own call failed; canRetry
         */
        of: function(message, picture) {
            var problem = this._problems[picture.id] || null;
            if (picture.state === 'failed') {
                return {state: this._asked[picture.id] ? 'waiting' : 'lost', problem: problem, canRetry: picture.can_retry};
            }
            if (picture.state !== 'stored') {
                return {state: 'waiting'};
            }
            if (problem || !_.contains(SHOWN, picture.content_type)) {
                return {state: 'lost', problem: problem, canRetry: !!problem};
            }
            var kept = this._kept[picture.id];
            if (!kept && this._used() + picture.bytes > ROOM) {
                return {state: 'large'};
            }
            kept = kept || this._load(message, picture);
            return {state: kept.url ? 'here' : 'loading'};
        },

        /** The address of a picture that is here. */
        url: function(id) {
            return (this._kept[id] && this._kept[id].url) || null;
        },

        /** The user wants to see this one; those that came first make room for it. */
        show: function(message, picture) {
            var first = _.sortBy(_.pairs(this._kept), function(pair) {
                return pair[1].at;
            });
            while (first.length && this._used() + picture.bytes > ROOM) {
                delete this._kept[first.shift()[0]];
            }
            this._load(message, picture);
            this.trigger('change');
        },

        /** "Try again": what the carrier did not give is asked for once more, what did not get here is loaded. */
        again: function(message, picture) {
            var self = this;
            var id = picture.id;
            delete this._problems[id];
            if (picture.state === 'failed' && !this._asked[id]) {
                this._asked[id] = true;
                this._api.post(pathOf(message, id) + '/fetch').then(function() {
                    // The event has been before the answer, or comes now.
                    delete self._asked[id];
                }, function(failed) {
                    delete self._asked[id];
                    self._problems[id] = failed;
                }).then(function() {
                    self.trigger('change');
                });
            }
            this.trigger('change');
        },

        /** Forgets what no window shows any more. */
        keepOnly: function(conversationIds) {
            function isShown(kept) {
                return _.contains(conversationIds, kept.message.conversation_id);
            }
            this._kept = _.pick(this._kept, isShown);
            this._line = this._line.filter(isShown);
        },

        _used: function() {
            return _.reduce(this._kept, function(sum, kept) {
                return sum + kept.bytes;
            }, 0);
        },

        _load: function(message, picture) {
            var kept = this._kept[picture.id] = {
                id: picture.id, message: message, type: picture.content_type, bytes: picture.bytes, url: null, at: Number(_.uniqueId())
            };
            this._line.push(kept);
            this._next();
            return kept;
        },

        /** The newest first: it is at the end of the log, where the user looks. */
        _next: function() {
            var self = this;
            while (this._loading < AT_ONCE && this._line.length) {
                this._loading += 1;
                this._fetch(this._line.pop()).then(function() {
                    self._loading -= 1;
                    self._next();
                    self.trigger('change');
                });
            }
        },

        _fetch: function(kept) {
            var self = this;
            return this._api.bytes(pathOf(kept.message, kept.id)).then(function(blob) {
                return self._encode(blob, kept.type);
            }).then(function(url) {
                kept.url = url;
            }, function(failed) {
                if (self._kept[kept.id] === kept) {
                    delete self._kept[kept.id];
                    self._problems[kept.id] = failed && failed.code ? failed : riverline.problem(0, 'internal');
                }
            });
        }
    });

    function pathOf(message, id) {
        return ['/v1/conversations', encodeURIComponent(message.conversation_id), 'messages', encodeURIComponent(message.id),
            'pictures', encodeURIComponent(id)].join('/');
    }

    riverline.Pictures = Pictures;
})(SUGAR.App);
