/*
 * A dead access token: requests that fail for it wait here while one refresh runs, then go out again with the new token. Tabs
 * share the tokens, so only one of them refreshes at a time and the others take over what it got.
 */
(function(app) {
    let waiting = [];
    let isRunning = false;

    app.standin.refresh = {
        /** True when the request waits now; its callbacks come later. */
        takes(error, request) {
            if (error.code !== 'invalid_grant' || /\/oauth2\//.test(request.url) || !app.api.getRefreshToken()) {
                return false;
            }
            if (request.replayed) {
                app.standin.session.forgetTokens();
                return false;
            }
            waiting.push({request: request, error: error});
            if (!isRunning) {
                start(request.token);
            }
            return true;
        },
    };

    function start(deadToken) {
        isRunning = true;
        const run = () => app.api.getOAuthToken() && app.api.getOAuthToken() !== deadToken ? null : ask();
        (navigator.locks ? navigator.locks.request('standin-sugar-refresh', run) : Promise.resolve(run())).then(replay, giveUp);
    }

    function ask() {
        return new Promise(function(resolve, reject) {
            const url = app.api.buildURL('oauth2/token', 'create', null, {platform: app.config.platform});
            app.api.call('create', url, {
                grant_type: 'refresh_token', refresh_token: app.api.getRefreshToken(), client_id: app.api.clientID,
                client_secret: '', platform: app.config.platform,
            }, {
                success: function(answer) {
                    app.standin.session.keepTokens(answer);
                    app.events.trigger('api:refreshtoken:success');
                    resolve();
                },
                error: reject,
            });
        });
    }

    function replay() {
        take().forEach(function(item) {
            item.request.replayed = true;
            item.request.send();
        });
    }

    function giveUp() {
        take().forEach(function(item) {
            item.request.fail(item.error);
            item.request.complete();
        });
        app.standin.session.lost();
    }

    function take() {
        const taken = waiting;
        waiting = [];
        isRunning = false;
        return taken;
    }
})(SUGAR.App);
