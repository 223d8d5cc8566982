/*
 * What people read: words from Sugar's language files, times in the user's own Sugar formats, phone numbers, initials.
 */
(function(app) {
    'use strict';

    var riverline = app.riverline = app.riverline || {};
    var MINUTE = 60000;
    var DAY = 24 * 60 * MINUTE;

    /**
     * @param {Object} deps now() in ms; lang(key) the words; module(name): what this Sugar calls one record of a module;
     *     time and date: the user's patterns, as PHP writes them
     */
    function Texts(deps) {
        this._now = deps.now;
        this._lang = deps.lang;
        this._module = deps.module;
        this._time = deps.time || 'H:i';
        this._date = deps.date || 'Y-m-d';
    }

    Texts.prototype = {
        /** The words of a key, `{0}`, `{1}` filled in. */
        word: function(key, args) {
            return String(this._lang(key)).replace(/\{(\d)\}/g, function(whole, index) {
                return args && args[index] !== undefined ? String(args[index]) : '';
            });
        },

        /** One record of a module, as this Sugar calls it: `Contact`. */
        module: function(name) {
            return this._module(name);
        },

        time: function(iso) {
            return format(new Date(iso), this._time);
        },

        /** The heading over the messages of one day. */
        day: function(iso) {
            var days = Math.round((midnight(this._now()) - midnight(iso)) / DAY);
            if (days === 0 || days === 1) {
                return this.word(days ? 'LBL_RL_YESTERDAY' : 'LBL_RL_TODAY');
            }
            return this.date(iso);
        },

        /** The time, with its day unless that is today. */
        moment: function(iso) {
            var isToday = midnight(this._now()) === midnight(iso);
            return isToday ? this.time(iso) : this.date(iso) + ' ' + this.time(iso);
        },

        date: function(iso) {
            return format(new Date(iso), this._date);
        },

        /** How long something lasts: `5 min`, `3 h`, `2 d`; nothing in the first minute. */
        since: function(iso) {
            var minutes = Math.floor((this._now() - new Date(iso).getTime()) / MINUTE);
            if (!(minutes >= 1)) {
                return '';
            }
            if (minutes < 60) {
                return this.word('LBL_RL_MINUTES', [minutes]);
            }
            if (minutes < 48 * 60) {
                return this.word('LBL_RL_HOURS', [Math.floor(minutes / 60)]);
            }
            return this.word('LBL_RL_DAYS', [Math.floor(minutes / 1440)]);
        },

        /** `+14155552671` as people write it; numbers of other plans stay as they are. */
        phone: function(e164) {
            var american = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(e164 || '');
            return american ? '+1 ' + american.slice(1).join(' ') : String(e164 || '');
        },

        presence: function(state) {
            return this.word('LBL_RL_PRESENCE_' + String(state).toUpperCase());
        },

        /** The state of a message of ours, in words. */
        state: function(message) {
            if (message.state === 'scheduled' && message.send_at) {
                return this.word('LBL_RL_GOES_AT', [this.moment(message.send_at)]);
            }
            var words = this.word('LBL_RL_STATE_' + String(message.state).toUpperCase());
            var says = message.reason && _.contains(['failed', 'unknown', 'canceled'], message.state);
            return says ? words + ': ' + message.reason : words;
        },

        /** A problem of the service, or the sentence we have for it. */
        problem: function(problem) {
            if (problem.key) {
                return this.word(problem.key, problem.args);
            }
            if (problem.code === 'unreachable') {
                return this.word('LBL_RL_UNREACHABLE');
            }
            return problem.detail || this.word('LBL_RL_FAILED');
        },

        initials: function(name) {
            var parts = String(name || '').split(/\s+/).filter(Boolean);
            var last = parts.length > 1 ? first(parts[parts.length - 1]) : '';
            return parts.length ? (first(parts[0]) + last).toUpperCase() : '?';
        },

        firstName: function(name) {
            return String(name || '').split(/\s+/)[0];
        }
    };

    /** The first character, also when it takes two code units. */
    function first(word) {
        return /^[\ud800-\udbff][\udc00-\udfff]/.test(word) ? word.slice(0, 2) : word.charAt(0);
    }

    function midnight(time) {
        return new Date(time).setHours(0, 0, 0, 0);
    }

    function two(number) {
        return (number < 10 ? '0' : '') + number;
    }

    /** The letters of PHP's date() that Sugar offers in a user's profile. */
    function format(date, pattern) {
        var hours = date.getHours();
        var letters = {
            H: two(hours), G: hours, h: two(hours % 12 || 12), g: hours % 12 || 12, i: two(date.getMinutes()),
            a: hours < 12 ? 'am' : 'pm', A: hours < 12 ? 'AM' : 'PM',
            Y: date.getFullYear(), m: two(date.getMonth() + 1), d: two(date.getDate())
        };
        return pattern.replace(/[A-Za-z]/g, function(letter) {
            return letters.hasOwnProperty(letter) ? letters[letter] : letter;
        });
    }

    /** Characters as the service counts them: an emoji is one, not two code units. */
    riverline.characters = function(text) {
        return text.replace(/[\ud800-\udbff][\udc00-\udfff]/g, '_').length;
    };

    riverline.Texts = Texts;
})(SUGAR.App);
