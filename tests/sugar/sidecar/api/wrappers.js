/* app.api: calls with a name. */
(function(app) {
    Object.assign(app.api, {
        records(method, module, data, params, callbacks, options) {
            return this.call(method, this.buildURL(module, method, data, params), method === 'read' ? null : _.omit(data, 'id'), callbacks, options);
        },
        relationships(method, module, data, params, callbacks, options) {
            return this.call(method, this.buildURL(module, method, data, params), method === 'read' ? null : data.related, callbacks, options);
        },
        collection(module, data, params, callbacks, options) {
            return this.call('read', this.buildURL(module, 'read', data, params), null, callbacks, options);
        },
        count(module, data, callbacks, options) {
            return this.call('read', this.buildURL(module, 'count', data), null, callbacks, options);
        },
        search(data, callbacks, options) {
            return this.call('read', this.buildURL('search', 'read', null, data), null, callbacks, options);
        },
        me(method, data, params, callbacks, options) {
            return this.call(method, this.buildURL('me', method, null, params), data, callbacks, options);
        },
        file(method, file, $files, callbacks, options) {
            const form = new FormData();
            _.each($files, input => form.append(file.field, input.files[0]));
            return this.call(method, this.buildFileURL(file, options), form, callbacks, options);
        },
        ping(action, callbacks, options) {
            return this.call('read', this.buildURL('ping', action), null, callbacks, options);
        },
        login(credentials, data, callbacks, options) {
            const url = this.buildURL('oauth2/token', 'create', null, {platform: app.config.platform});
            const own = callbacks || {};
            return this.call('create', url, Object.assign({
                grant_type: 'password', username: credentials.username, password: credentials.password,
                client_id: this.clientID, client_secret: '', platform: app.config.platform,
            }, data), Object.assign({}, own, {
                success: function(answer, request) {
                    app.standin.session.keepTokens(answer);
                    if (own.success) {
                        own.success(answer, request);
                    }
                },
            }), options);
        },
        /** The tokens go whether or not the server agrees. */
        logout(callbacks, options) {
            const own = callbacks || {};
            const data = {token: this.getOAuthToken(), refresh_token: this.getRefreshToken()};
            return this.call('create', this.buildURL('oauth2/logout'), data, Object.assign({error: _.noop}, own, {
                complete: function(request) {
                    app.standin.session.forgetTokens();
                    if (own.complete) {
                        own.complete(request);
                    }
                },
            }), options);
        },
    });
})(SUGAR.App);
