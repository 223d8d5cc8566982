/*
 * Small things that outlive a page, per Sugar site and user: open windows in localStorage, drafts and unsent texts in
 * sessionStorage. Storage may be full or forbidden; then they live as long as the page.
 */
(function(app) {
    'use strict';

    var riverline = app.riverline = app.riverline || {};

    /** Keeps sites and users of one browser apart; a short number says less about them than their names. */
    function hash(text) {
        var sum = 5381;
        for (var i = 0; i < text.length; i++) {
            sum = ((sum << 5) + sum + text.charCodeAt(i)) >>> 0;
        }
        return sum.toString(36);
    }

    /**
     * @param {Storage} storage localStorage or sessionStorage
     * @param {string} site address of the Sugar
     * @param {string} user id, or '' for what all users of this browser share
     */
    function Keep(storage, site, user) {
        this._storage = storage;
        this._prefix = 'riverline:' + hash(site) + ':' + (user || 'all') + ':';
        this._memory = {};
    }

    Keep.prototype = {
        key: function(name) {
            return this._prefix + name;
        },

        read: function(name) {
            var text = this._memory[name];
            try {
                text = this._storage.getItem(this.key(name)) || text;
            } catch (e) {
                // Forbidden storage: what this page remembers is all there is.
            }
            return riverline.Keep.parse(text);
        },

        write: function(name, value) {
            this._memory[name] = JSON.stringify(value);
            try {
                this._storage.setItem(this.key(name), this._memory[name]);
            } catch (e) {
                // Full or forbidden: it stays in memory.
            }
        },

        remove: function(name) {
            delete this._memory[name];
            try {
                this._storage.removeItem(this.key(name));
            } catch (e) {
                // Nothing was stored.
            }
        },

        /** Removes everything of this user, also what an earlier page left. */
        wipe: function() {
            var names = Object.keys(this._memory);
            var prefix = this._prefix;
            try {
                for (var i = 0; i < this._storage.length; i++) {
                    var key = this._storage.key(i);
                    if (key.indexOf(prefix) === 0) {
                        names.push(key.slice(prefix.length));
                    }
                }
            } catch (e) {
                // Only memory then.
            }
            names.forEach(this.remove, this);
        }
    };

    /** Stored text back to a value; what others wrote there counts as nothing. */
    Keep.parse = function(text) {
        try {
            return text ? JSON.parse(text) : null;
        } catch (e) {
            return null;
        }
    };

    riverline.Keep = Keep;
})(SUGAR.App);
