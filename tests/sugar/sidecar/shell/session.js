/* From the login to the logout: tokens, the sync that makes the page work, and what is left of it afterwards. */
(function(app) {
    const TOKENS = {AuthAccessToken: 'access_token', AuthRefreshToken: 'refresh_token', DownloadToken: 'download_token'};
    let loginView = null;

    app.standin.session = {
        keepTokens(answer) {
            _.each(TOKENS, (member, key) => app.cache.set(key, answer[member]));
        },
        forgetTokens() {
            _.each(_.keys(TOKENS), key => app.cache.cut(key));
        },

        logIn(credentials, refused) {
            app.api.login(credentials, null, {
                success: () => {
                    app.events.trigger('app:login:success');
                    this.sync(() => this.enter());
                },
                error: refused,
            });
        },

        /** Repeated at any time: what comes out of it must not depend on how often it ran. */
        sync(done) {
            app.events.trigger('app:sync');
            loadUser(error => error ? syncFailed(error) : app.metadata.sync(failure => {
                if (failure) {
                    syncFailed(failure);
                    return;
                }
                app.events.trigger('app:sync:complete');
                app.standin.additional.load();
                if (done) {
                    done();
                }
            }));
        },

        enter() {
            closeLogin();
            document.body.classList.add('authenticated');
            app.standin.startRouter();
        },

        /** `app:logout` comes while the tokens still work, so that others can say goodbye with them. */
        logout() {
            app.events.trigger('app:logout');
            app.api.logout({
                complete: () => {
                    leave();
                    app.events.trigger('app:logout:success');
                    this.askToLogIn();
                },
            });
        },

        /** Evicted, expired or logged out in another tab: the same, but there is nobody left to tell on the server. */
        lost() {
            if (loginView) {
                return;
            }
            if (app.user.id) {
                app.events.trigger('app:logout');
                leave();
                app.events.trigger('app:logout:success');
            }
            this.askToLogIn(app.lang.get('LBL_SESSION_LOST'));
        },

        askToLogIn(message) {
            closeLogin();
            document.body.classList.remove('authenticated');
            loginView = new app.standin.LoginView({name: 'login', context: app.context.getContext({}), message: message});
            $('#content').empty().append(loginView.el);
            loginView.render();
        },
    };

    function loadUser(callback) {
        app.api.me('read', null, null, {
            success: function(answer) {
                app.user.set(answer.current_user);
                app.cache.set('userpref:hash', answer.current_user._hash);
                callback();
            },
            error: callback,
        }, {skipMetadataHash: true});
    }

    function syncFailed(error) {
        app.events.trigger('app:sync:error', error);
        app.error.handleHttpError(error);
    }

    function leave() {
        app.standin.closeDrawers();
        app.standin.unloadView();
        app.cache.cutAll();
        app.user.clear();
        app.alert.dismissAll();
        app.standin.additional.render();
        // The next one who logs in starts at the beginning, not where this one was.
        history.replaceState(null, '', '#');
        Backbone.history.fragment = '';
    }

    function closeLogin() {
        if (loginView) {
            loginView.dispose();
            loginView = null;
        }
    }
})(SUGAR.App);
