/*
 * app.api, the heart: one call is one request with Sugar's headers and callbacks. Written from the description of Ventana's
 * behaviour (reference 4.1 and 4.2); addresses, refreshing, bulk calls and wrappers are in the files beside.
 */
(function(app) {
    const TYPES = {create: 'POST', read: 'GET', update: 'PUT', delete: 'DELETE'};
    const LONGEST_GET = 2048;
    const FORBIDDEN = /\.\.\/|\.\.%2f|\.\.%5c|%00/i;
    const running = {};
    const state = {};
    let lastUid = 0;

    const api = app.api = {
        serverUrl: app.config.serverUrl,
        timeout: (app.config.serverTimeout || 30) * 1000,
        clientID: app.config.clientID || 'sugar',
        debug: false,
        defaultErrorHandler: null,      // set by shell/error.js

        getOAuthToken: () => app.cache.get('AuthAccessToken'),
        getRefreshToken: () => app.cache.get('AuthRefreshToken'),
        getDownloadToken: () => app.cache.get('DownloadToken'),
        isAuthenticated: () => !!app.cache.get('AuthAccessToken'),

        call(method, url, data, callbacks, options) {
            refuseTraversal(url);
            const request = new Request(method, url, data, callbacks || {}, options || {});
            if (request.options.bulk || (method === 'read' && url.length > LONGEST_GET)) {
                return app.standin.bulk.add(request);
            }
            request.send();
            return request;
        },
        setStateProperty(name, value) {
            state[name] = value;
        },
        getStateProperty: name => state[name],
        clearStateProperty(name) {
            delete state[name];
        },

        getRequest: uid => running[uid],
        abortRequest(uid) {
            if (running[uid] && running[uid].xhr) {
                running[uid].xhr.abort();
            }
        },
    };

    class Request {
        constructor(method, url, data, callbacks, options) {
            this.uid = String(++lastUid);
            this.method = method;
            this.url = url;
            this.callbacks = callbacks;
            this.options = options;
            this.replayed = false;
            this.params = Object.assign({type: TYPES[method], url: url, dataType: 'json', timeout: api.timeout, contentType: 'application/json'},
                body(method, data), _.pick(options, 'timeout', 'contentType', 'dataType', 'processData'));
        }

        /** Headers are made at every sending: the token may be another one by then. */
        send() {
            const headers = Object.assign({}, this.options.headers);
            this.token = api.getOAuthToken();
            if (!/\/oauth2\/token/.test(this.url)) {
                if (this.token) {
                    headers['OAuth-Token'] = this.token;
                }
                if (!this.options.skipMetadataHash && !/\/(oauth2|ping)\b/.test(this.url)) {
                    addHash(headers, 'X-Metadata-Hash', 'meta:hash');
                    addHash(headers, 'X-Userpref-Hash', 'userpref:hash');
                }
            }
            running[this.uid] = this;
            this.xhr = $.ajax(Object.assign({}, this.params, {headers: headers}))
                .done(data => this.succeed(data))
                .fail((xhr, textStatus, thrown) => this.failed(new app.standin.HttpError(this, xhr, textStatus, thrown)));
        }

        succeed(data) {
            this.run('success', data, this);
            this.complete();
        }

        failed(error) {
            if (error.textStatus !== 'abort') {
                // Waiting for a new token is not the end of this request, so `complete` waits with it.
                if (app.standin.refresh.takes(error, this)) {
                    return;
                }
                this.fail(error);
            }
            this.complete();
        }

        fail(error) {
            if (this.callbacks.error) {
                this.run('error', error);
            } else if (api.defaultErrorHandler) {
                api.defaultErrorHandler(error);
            }
        }

        complete() {
            delete running[this.uid];
            this.run('complete', this);
        }

        run(name) {
            if (this.callbacks[name]) {
                this.callbacks[name].apply(this.callbacks.context, [].slice.call(arguments, 1));
            }
        }
    }

    function body(method, data) {
        if (data instanceof FormData) {
            return {data: data, contentType: false, processData: false};
        }
        return method === 'read' || data === null || data === undefined ? {} : {data: JSON.stringify(data)};
    }

    function addHash(headers, header, key) {
        if (app.cache.has(key)) {
            headers[header] = app.cache.get(key);
        }
    }

    function refuseTraversal(url) {
        if (FORBIDDEN.test(url)) {
            window.stop();
            throw new Error('app.api: an address may not contain ' + url.match(FORBIDDEN)[0]);
        }
    }
})(SUGAR.App);
