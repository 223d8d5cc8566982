/*
 * Names of Sugar records, asked from Sugar as the user: the service never tells them. When Sugar says no there is no
 * name, and the panel shows the number.
 *
 * Triggers `change` when a name came.
 */
(function(app) {
    'use strict';

    var riverline = app.riverline = app.riverline || {};

    /** @param {Function} ask (record) -> promise of the record's attributes in Sugar */
    function Records(ask) {
        this._ask = ask;
        this._names = {};
    }

    _.extend(Records.prototype, Backbone.Events, {
        /** The name, or null while it is asked or when it is not to be had. */
        name: function(record) {
            var key = record.module + '/' + record.id;
            var self = this;
            if (!_.has(this._names, key)) {
                this._names[key] = null;
                this._ask(record).then(function(found) {
                    self.learn(record, found.name || found.full_name ||
                        _.compact([found.first_name, found.last_name]).join(' '));
                }, function(failed) {
                    // Where Sugar does not show it the number stands in; anything else may pass, so the next drawing asks.
                    if (failed.status !== 403 && failed.status !== 404) {
                        delete self._names[key];
                    }
                });
            }
            return this._names[key];
        },

        /** A name that the page already knows. */
        learn: function(record, name) {
            if (name) {
                this._names[record.module + '/' + record.id] = name;
                this.trigger('change');
            }
        }
    });

    riverline.Records = Records;
})(SUGAR.App);
