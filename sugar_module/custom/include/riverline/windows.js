/*
 * Which windows are open, in which order, minimised or not: the same in all tabs of one user and after a reload. Only
 * ids are kept, no names and no text. How they look is somebody else's business.
 *
 * A window: {id, kind: members|chat|sms, minimised, memberId?, conversationId?, record?, closing?,
 *     saying?: the tab that closes it sends last words first, used}
 * Triggers `change`; `adopted` after another tab changed something; `merged` (id, id of the window that stays) when a
 * window gave way to another one.
 */
(function(app) {
    'use strict';

    var riverline = app.riverline = app.riverline || {};
    var NAME = 'windows';
    var KINDS = ['members', 'chat', 'sms'];
    var WIDTHS = {members: 262, chat: 322, sms: 322};
    var MINIMISED_WIDTH = 130;

    /** @param {Object} keep a riverline.Keep on localStorage */
    function Windows(keep) {
        this._keep = keep;
        this._list = valid(keep.read(NAME));
        this._uses = _.reduce(this._list, function(most, item) {
            return Math.max(most, item.used);
        }, 0);
    }

    _.extend(Windows.prototype, Backbone.Events, {
        list: function() {
            return this._list;
        },

        get: function(id) {
            return _.findWhere(this._list, {id: id}) || null;
        },

        byConversation: function(conversationId) {
            return _.findWhere(this._list, {conversationId: conversationId}) || null;
        },

        /** Opens a window, or expands the one that is there. */
        open: function(fields) {
            var found = this.get(fields.id);
            if (found) {
                found.minimised = false;
            } else {
                found = _.extend({minimised: false}, fields);
                this._list = this._list.concat([found]);
            }
            this._use(found);
            return found;
        },

        minimise: function(id) {
            this.update(id, {minimised: true});
        },

        update: function(id, fields) {
            var found = this.get(id);
            if (found && !_.isMatch(found, fields)) {
                _.extend(found, fields);
                this._changed();
            }
        },

        close: function(id) {
            if (this.get(id)) {
                this._list = _.reject(this._list, {id: id});
                this._changed();
            }
        },

        /**
         * A window learns which conversation it shows. Where another window shows it already, that one stays.
         *
         * @return {Object} the window that shows the conversation now
         */
        attach: function(id, conversationId) {
            var found = this.get(id);
            var other = this.byConversation(conversationId);
            if (other && found && other !== found) {
                this._list = _.without(this._list, found);
                this.open(other);
                this.trigger('merged', id, other.id);
                return other;
            }
            if (found && found.conversationId !== conversationId) {
                found.conversationId = conversationId;
                this._changed();
            }
            return found;
        },

        /** Minimises what was not used for longest until the rest fits; never the one in which the user is writing. */
        fit: function(width, writing) {
            var newest = _.max(this._list, used);
            var candidates = _.sortBy(this._list, used).filter(function(item) {
                return !item.minimised && item !== newest && item.id !== writing;
            });
            var changed = false;
            while (candidates.length && this._width() > width) {
                candidates.shift().minimised = true;
                changed = true;
            }
            if (changed) {
                this._changed();
            }
        },

        /** Another tab of the same user changed something. */
        adopt: function(text) {
            this._list = valid(riverline.Keep.parse(text));
            this.trigger('change');
            this.trigger('adopted');
        },

        storageKey: function() {
            return this._keep.key(NAME);
        },

        _use: function(item) {
            this._uses += 1;
            item.used = this._uses;
            this._changed();
        },

        _width: function() {
            return _.reduce(this._list, function(sum, item) {
                return sum + (item.minimised ? MINIMISED_WIDTH : WIDTHS[item.kind]);
            }, 0);
        },

        _changed: function() {
            this._keep.write(NAME, this._list);
            this.trigger('change');
        }
    });

    function used(item) {
        return item.used;
    }

    /** What was stored may be of an older version or of somebody's extension. */
    function valid(list) {
        var seen = {};
        return (_.isArray(list) ? list : []).filter(function(item) {
            var good = item && _.isString(item.id) && _.contains(KINDS, item.kind) && !seen[item.id];
            if (good) {
                seen[item.id] = true;
                item.used = item.used || 0;
            }
            return good;
        });
    }

    riverline.Windows = Windows;
})(SUGAR.App);
