/*
 * Names of Sugar records, asked from Sugar as the user: the service never tells them. When Sugar says no there is no
 * name, and the panel shows the number.
 *
 * Triggers `change` when a name came, or when it is time to ask again.
 */
(function(app) {
    'use strict';

    var riverline = app.riverline = app.riverline || {};
    var ASK_AGAIN = 30000;

    /** @param {Object} deps ask(record) -> promise of the record's attributes in Sugar; timers */
    function Records(deps) {
        this._deps = deps;
        this._known = {};
    }

    _.extend(Records.prototype, Backbone.Events, {
        /** The name, or null while it is asked or when it is not to be had. */
        name: function(record) {
            return this._look(record).name;
        },

        /** `asked`, `known`, `hidden` (Sugar says no) or `failed` (no answer; asked again in a while). */
        state: function(record) {
            return this._look(record).state;
        },

        /** A name that the page already knows. */
        learn: function(record, name) {
            if (name) {
                this._known[riverline.recordKey(record)] = {name: name, state: 'known'};
                this.trigger('change');
            }
        },

        _look: function(record) {
            var key = riverline.recordKey(record);
            if (!this._known[key]) {
                this._known[key] = {name: null, state: 'asked'};
                this._ask(record, this._known[key]);
            }
            return this._known[key];
        },

        _ask: function(record, asked) {
            var self = this;
            this._deps.ask(record).then(function(found) {
                asked.state = 'hidden';
                self.learn(record, found.name || found.full_name ||
                    _.compact([found.first_name, found.last_name]).join(' '));
            }, function(failed) {
                // Where Sugar does not show it the number stands in; anything else may pass.
                asked.state = failed.status === 403 || failed.status === 404 ? 'hidden' : 'failed';
                if (asked.state === 'failed') {
                    self._deps.timers.set(function() {
                        self._forget(record, asked);
                    }, ASK_AGAIN);
                }
                self.trigger('change');
            });
        },

        /** Whoever draws it next asks again. */
        _forget: function(record, asked) {
            if (this._known[riverline.recordKey(record)] === asked) {
                delete this._known[riverline.recordKey(record)];
                this.trigger('change');
            }
        }
    });

    /** One text that names a record. */
    riverline.recordKey = function(record) {
        return record.module + '/' + record.id;
    };

    riverline.Records = Records;
})(SUGAR.App);
