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

    /**
     * Opens a drawer, with the focus in it until it closes; gives what its callback got, which is nothing when the user
     * went back.
     */
    function drawer(definition) {
        return new Promise(function(resolve) {
            var opener = document.activeElement;
            app.drawer.open(definition, function() {
                $(opener).trigger('focus');
                resolve(_.toArray(arguments));
            });
            app.drawer.getActiveDrawerLayout().$el.attr('tabindex', -1).trigger('focus');
        });
    }

    /** The contexts of a component and of all that is in it. */
    function contexts(component) {
        return component ? _.flatten([component.context, _.map(component._components, contexts)]) : [];
    }

    /** Releases give attributes, a record, or a context and a record. */
    function recordIn(given, module) {
        var found = _.find(given, function(one) {
            return one && one.id;
        });
        return found ? {module: module, id: found.id} : null;
    }

    riverline.sugar = {
        call: call,

        /** Read for each use: Sugar renews it whenever it likes. */
        token: function() {
            return app.api.getOAuthToken() || '';
        },

        /** Whether the service is shown what this Sugar asserts about its user, and no token. */
        asserts: function() {
            var settings = app.config.riverline;
            return !!settings && settings.sign_in === 'assertion';
        },

        /** What this Sugar asserts about its user and some records: good once, for a minute. */
        assertion: function(records) {
            return call('create', app.api.buildURL('riverline/assertion'), {records: records}).then(function(answer) {
                return answer.assertion;
            });
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

        /** Sugar's own list, in a drawer, to choose one record of a module from. */
        select: function(module) {
            return drawer({layout: 'selection-list', context: {module: module}}).then(function(given) {
                return recordIn(given, module);
            });
        },

        /** Sugar's own form for a new contact, in a drawer, with the number filled in. */
        create: function(number) {
            var contact = app.data.createBean('Contacts');
            contact.set('phone_mobile', number);
            return drawer({layout: 'create', context: {module: 'Contacts', create: true, model: contact}}).then(function(given) {
                // The form may end with a record that was there before, so what it gives comes first.
                return recordIn(given.concat(contact), 'Contacts');
            });
        },

        /** A Note was stored on a record: if the page shows that record, its lists of Notes are read again. */
        showNotes: function(record) {
            var page = app.controller.context;
            if (page.get('module') !== record.module || page.get('modelId') !== record.id) {
                return;
            }
            var lists = contexts(app.controller.layout).filter(function(context) {
                return context !== page && context.get('module') === 'Notes';
            });
            _.invoke(_.uniq(lists), 'reloadData');
        },

        /** Of the modules whose records have numbers, those that this user may list. */
        modules: function() {
            return ['Contacts', 'Leads', 'Accounts', 'Prospects'].filter(function(module) {
                return app.acl.hasAccess('list', module);
            });
        },

        mayCreate: function() {
            return app.acl.hasAccess('create', 'Contacts');
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
                module: function(name) {
                    return app.lang.getModuleName(name);
                },
                time: app.user.getPreference('timepref'),
                date: app.user.getPreference('datepref')
            });
        }
    };
})(SUGAR.App);
