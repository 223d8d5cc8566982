/*
 * Starts Riverline when Sugar has logged a user in, ends it at the logout. Runs on every page of Sugar, also before the
 * login, and may be asked to start many times: after each sync of Sugar's metadata.
 *
 * `app.riverline` is all there is of us in the page: `status`, `desk` (null before the start), `texts`, `dock`.
 * Triggers `change` after anything that a launcher shows.
 */
(function(app) {
    'use strict';

    var riverline = app.riverline = app.riverline || {};
    var EVENTS = '.riverline';
    var user = null;
    var keeps = [];
    var signIn = null;
    var activity = null;
    var themes = null;

    _.extend(riverline, Backbone.Events, {
        status: 'offline',
        desk: null,
        texts: null,
        dock: null,

        start: function() {
            if (!app.api.isAuthenticated() || !riverline.sugar.userId()) {
                return;
            }
            if (user && user !== riverline.sugar.userId()) {
                riverline.stop();
            }
            user = riverline.sugar.userId();
            riverline.texts = riverline.sugar.texts();
            addStyles();
            riverline.patchPhoneFields();
            if (!riverline.desk && riverline.sugar.serviceUrl()) {
                open(riverline.sugar.serviceUrl());
            }
            if (!riverline.desk) {
                setStatus('refused');
            } else if (!$.contains(document.documentElement, riverline.dock.el)) {
                place(riverline.dock);
            }
            riverline.arrangeLaunchers();
        },

        /** At the logout: nothing of this user stays in the page or in the tab. */
        stop: function() {
            $(document).add(window).off(EVENTS);
            if (riverline.desk) {
                signIn.end();
                riverline.desk.stop();
            }
            // A start that failed halfway left some of these out.
            if (activity) {
                activity.stop();
            }
            if (themes) {
                themes.disconnect();
            }
            if (riverline.dock) {
                riverline.dock.dispose();
            }
            keeps.forEach(function(keep) {
                keep.wipe();
            });
            keeps = [];
            user = signIn = activity = themes = riverline.desk = riverline.dock = riverline.texts = null;
            setStatus('offline');
            riverline.arrangeLaunchers();
        },

        /** The address was changed on the admin page. */
        restart: function() {
            riverline.stop();
            riverline.start();
        }
    });

    function open(url) {
        var timers = {
            set: function(run, ms) {
                return window.setTimeout(run, ms);
            },
            clear: function(timer) {
                window.clearTimeout(timer);
            }
        };
        var site = riverline.sugar.site();
        var tab = new riverline.Keep(storage('sessionStorage'), site, user);
        var browser = new riverline.Keep(storage('localStorage'), site, user);
        var newId = riverline.uuid7(Date.now, function(count) {
            return window.crypto.getRandomValues(new Uint8Array(count));
        });
        var http = riverline.http({fetch: window.fetch.bind(window), timers: timers, url: url});
        keeps = [tab, browser];
        signIn = new riverline.SignIn({
            http: http, timers: timers, browserId: browserId(site, newId), userId: user,
            sugarToken: riverline.sugar.token, sugarAssertion: riverline.sugar.assertion, asserts: riverline.sugar.asserts(),
            refreshSugar: riverline.sugar.refresh, replaced: guarded(riverline.stop),
            refused: function(problem) {
                riverline.desk.refuse(problem);
            }
        });
        var api = new riverline.Api(http, signIn);
        var socket = new riverline.Socket({
            url: url.replace(/^http/, 'ws') + '/v1/socket', WebSocket: window.WebSocket, timers: timers, now: Date.now,
            random: Math.random, signIn: signIn,
            readState: function() {
                return api.get('/v1/state');
            },
            visible: function() {
                return document.visibilityState === 'visible';
            }
        });
        riverline.desk = new riverline.Desk({
            store: new riverline.Store({now: Date.now}), socket: socket, api: api, timers: timers, now: Date.now,
            windows: new riverline.Windows(browser), drafts: tab,
            records: new riverline.Records({ask: riverline.sugar.record, timers: timers}),
            linking: new riverline.Linking({api: api, pick: riverline.sugar}),
            consent: new riverline.Consent({api: api, keep: browser}),
            pictures: new riverline.Pictures({api: api, encode: encode}),
            outgoing: new riverline.Outgoing({
                ask: socket.ask.bind(socket), post: api.post.bind(api), keep: tab, newId: newId, now: Date.now, timers: timers
            }),
            attention: function() {
                return document.visibilityState === 'visible' && document.hasFocus();
            }
        });
        riverline.desk.on('change', function() {
            setStatus(riverline.desk.status);
        });
        activity = new riverline.Activity({
            now: Date.now, timers: timers, idle: riverline.desk.idle.bind(riverline.desk),
            woke: riverline.desk.wake.bind(riverline.desk)
        });
        riverline.desk.store.on('saved', riverline.sugar.showNotes);
        listen(url);
        riverline.dock = app.view.createView({
            type: 'riverline-dock', name: 'riverline-dock', module: null, meta: {}, context: app.context.getContext({})
        });
        riverline.dock.render();
        place(riverline.dock);
        riverline.desk.start();
    }

    /** The bytes as an address that an image takes; the type is the service's, not the answer's. */
    function encode(blob, type) {
        return new Promise(function(resolve, reject) {
            var reader = new window.FileReader();
            reader.onload = function() {
                resolve(reader.result);
            };
            reader.onerror = reject;
            reader.readAsDataURL(new window.Blob([blob], {type: type}));
        });
    }

    function place(dock) {
        $($('#sidecar')[0] || document.body).append(dock.$el);
    }

    function listen(url) {
        var desk = riverline.desk;
        $(document).on(riverline.Activity.INPUT.join(EVENTS + ' ') + EVENTS, function() {
            activity.input();
        });
        $(document).on('visibilitychange' + EVENTS, function() {
            if (document.visibilityState === 'visible') {
                desk.wake();
            }
        });
        $(window).on('online' + EVENTS + ' pageshow' + EVENTS, function() {
            desk.wake();
        });
        $(window).on('focus' + EVENTS, function() {
            desk.reading.look();
        });
        $(window).on('storage' + EVENTS, function(event) {
            if (event.originalEvent.key === desk.windows.storageKey()) {
                desk.windows.adopt(event.originalEvent.newValue);
            }
        });
        $(document).on('securitypolicyviolation' + EVENTS, function(event) {
            if (riverline.isBlocked(url, event.originalEvent.blockedURI)) {
                var key = riverline.sugar.isAdmin() ? 'LBL_RL_CSP_ADMIN' : 'LBL_RL_CSP';
                desk.hintAt(key, riverline.origins(url));
            }
        });
        themes = new MutationObserver(riverline.followTheme);
        [document.documentElement, document.body].forEach(function(element) {
            themes.observe(element, {attributes: true, attributeFilter: ['class']});
        });
        riverline.followTheme();
    }

    /** The two entries that the admin adds to Sugar's Content Security Policy: it judges wss apart from https. */
    riverline.origins = function(url) {
        var origin = (/^https?:\/\/[^\/]+/.exec(url) || [''])[0];
        return [origin, origin.replace(/^http/, 'ws')];
    };

    /** Whether a report of the browser about a blocked address means ours. */
    riverline.isBlocked = function(url, blocked) {
        return riverline.origins(url).some(function(origin) {
            return origin && String(blocked).indexOf(origin) === 0;
        });
    };

    /** Reading the property alone throws where the browser forbids storage; a Keep without one lives in memory. */
    function storage(name) {
        try {
            return window[name];
        } catch (e) {
            return null;
        }
    }

    /** The same in all tabs and for all users of this browser: the service ends what belongs to it together. */
    function browserId(site, newId) {
        var keep = new riverline.Keep(storage('localStorage'), site, '');
        var id = keep.read('browser');
        if (!id) {
            id = newId();
            keep.write('browser', id);
        }
        return id;
    }

    function addStyles() {
        if (!$('#riverline-styles').length) {
            $('head').append(app.template.get('riverline-dock.styles')({}));
        }
    }

    function setStatus(status) {
        riverline.status = status;
        riverline.trigger('change');
    }

    /** Sugar runs these in the middle of its own start and logout, which go on whatever fails here. */
    function guarded(run) {
        return function() {
            try {
                run();
            } catch (e) {
                app.logger.error('riverline: ' + e);
            }
        };
    }

    app.events.on('app:sync:complete', guarded(riverline.start));
    app.events.on('app:logout', guarded(riverline.stop));
})(SUGAR.App);
