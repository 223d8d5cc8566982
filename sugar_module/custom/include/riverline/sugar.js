/*
 * What the panels need of Sugar: its token, its records as the user, its words and formats.
 */
(function(app) {
    'use strict';

    var riverline = app.riverline = app.riverline || {};

    /** A call to Sugar's REST as a promise. With callbacks of our own, Sugar shows no alerts for it. */
    function call(method, url, data) {
        return new Promise(function(resolve, reject) {
            app.api.call(method, url, data || null, {success: resolve, error: reject});
        });
    }

    riverline.sugar = {
        call: call,

        /** Read for each use: Sugar renews it whenever it likes. */
        token: function() {
            return app.api.getOAuthToken() || '';
        },

        /** Any call that needs the token makes Sugar's client renew a dead one. */
        refresh: function() {
            return call('read', app.api.buildURL('me'));
        },

        /** A record's name as the user may see it. */
        record: function(record) {
            var fields = {fields: 'name,full_name,first_name,last_name'};
            return call('read', app.api.buildURL(record.module, 'read', {id: record.id}, fields));
        },

        /** The name of a record that a page shows. */
        nameOf: function(model) {
            return model.get('full_name') || model.get('name') ||
                _.compact([model.get('first_name'), model.get('last_name')]).join(' ');
        },

        isAdmin: function() {
            return app.user.get('type') === 'admin';
        },

        userId: function() {
            return app.user.id || app.user.get('id') || '';
        },

        /** This Sugar, as far as one browser has to tell it from others. */
        site: function() {
            return app.config.siteUrl || window.location.origin + window.location.pathname;
        },

        /** Where the service is, as the admin has set it; without a slash at the end. */
        serviceUrl: function() {
            var settings = app.config.riverline;
            return ((settings && settings.url) || '').replace(/\/+$/, '');
        },

        texts: function() {
            return new riverline.Texts({
                now: Date.now,
                lang: function(key) {
                    return app.lang.get(key);
                },
                time: app.user.getPreference('timepref'),
                date: app.user.getPreference('datepref')
            });
        }
    };
})(SUGAR.App);
