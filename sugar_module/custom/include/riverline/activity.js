/*
 * Whether anybody is at this tab: no input for five minutes means away.
 */
(function(app) {
    'use strict';

    var riverline = app.riverline = app.riverline || {};
    var IDLE_AFTER = 5 * 60000;
    var LOOK_EVERY = 15000;
    var SLEPT = 60000;

    /**
     * @param {Object} deps now(), timers; idle(is) is told when it changes; woke() when the machine was asleep
     */
    function Activity(deps) {
        this._deps = deps;
        this._last = deps.now();
        this._looked = this._last;
        this.idle = false;
        this._look();
    }

    Activity.prototype = {
        /** The user moved, typed, scrolled. */
        input: function() {
            this._last = this._deps.now();
            if (this.idle) {
                this.idle = false;
                this._deps.idle(false);
            }
        },

        stop: function() {
            this._deps.timers.clear(this._timer);
        },

        _look: function() {
            var self = this;
            var now = this._deps.now();
            if (now - this._looked > LOOK_EVERY + SLEPT) {
                this._deps.woke();
            }
            this._looked = now;
            if (!this.idle && now - this._last >= IDLE_AFTER) {
                this.idle = true;
                this._deps.idle(true);
            }
            this._timer = this._deps.timers.set(function() {
                self._look();
            }, LOOK_EVERY);
        }
    };

    /** Events of the page that count as input. */
    Activity.INPUT = ['mousemove', 'keydown', 'mousedown', 'wheel', 'touchstart'];

    riverline.Activity = Activity;
})(SUGAR.App);
