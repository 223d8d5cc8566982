/*
 * REST to the service. Every failure is one plain problem: {status, code, detail, retryMs}; `unreachable` is ours and
 * means that no answer came.
 */
(function(app) {
    'use strict';

    var riverline = app.riverline = app.riverline || {};
    var TIMEOUT = 30000;

    function problem(status, code, more) {
        return _.extend({status: status, code: code, detail: null, retryMs: null}, more);
    }

    function read(response) {
        return response.text().then(function(text) {
            var body = null;
            try {
                body = text ? JSON.parse(text) : null;
            } catch (e) {
                throw problem(response.status, 'internal');
            }
            if (response.ok) {
                return body;
            }
            var seconds = parseFloat(response.headers.get('Retry-After'));
            throw problem(response.status, (body && body.code) || 'internal', {
                detail: (body && body.detail) || null,
                owner_id: (body && body.owner_id) || null,
                since: (body && body.since) || null,
                allowed_at: (body && body.allowed_at) || null,
                records: (body && body.records) || null,
                retryMs: seconds >= 0 ? seconds * 1000 : null
            });
        });
    }

    function readBytes(response) {
        return response.ok ? response.blob() : read(response);
    }

    /**
     * One plain call: (method, path, {headers, body, keepalive, bytes}) -> promise of the body; of a Blob with `bytes`.
     *
     * @param {Object} deps fetch, timers {set, clear}, url of the service
     */
    riverline.http = function(deps) {
        return function(method, path, options) {
            var given = options || {};
            var headers = _.extend({}, given.headers);
            var init = {
                method: method, headers: headers, credentials: 'omit', cache: 'no-store', keepalive: !!given.keepalive
            };
            if (given.body !== undefined) {
                headers['Content-Type'] = 'application/json';
                init.body = JSON.stringify(given.body);
            }
            return new Promise(function(resolve, reject) {
                var timer = deps.timers.set(function() {
                    reject(problem(0, 'unreachable'));
                }, TIMEOUT);
                deps.fetch(deps.url + path, init).then(given.bytes ? readBytes : read, function() {
                    throw problem(0, 'unreachable');
                }).then(resolve, reject).then(function() {
                    deps.timers.clear(timer);
                });
            });
        };
    };

    /**
     * Calls with our token; with `sugar: true` they also carry what proves the user in Sugar, with `key` they are one
     * call however often they are made.
     *
     * @param {Function} http from riverline.http
     * @param {Object} signIn a riverline.SignIn
     */
    function Api(http, signIn) {
        this._http = http;
        this._signIn = signIn;
    }

    Api.prototype = {
        get: function(path) {
            return this._call('GET', path, {});
        },

        post: function(path, body, options) {
            return this._call('POST', path, _.extend({body: body || {}}, options));
        },

        put: function(path, body) {
            return this._call('PUT', path, {body: body});
        },

        /** @return {Promise} of a Blob */
        bytes: function(path) {
            return this._call('GET', path, {bytes: true});
        },

        _call: function(method, path, options) {
            var self = this;
            return this._once(method, path, options).then(null, function(failed) {
                if (failed.code !== 'token_invalid') {
                    throw failed;
                }
                return self._once(method, path, options);
            });
        },

        _once: function(method, path, options) {
            var self = this;
            return this._signIn.token().then(function(token) {
                function call(sugarToken) {
                    var headers = {Authorization: 'Bearer ' + token};
                    if (sugarToken) {
                        headers['Sugar-Token'] = sugarToken;
                    }
                    if (options.key) {
                        headers['Idempotency-Key'] = options.key;
                    }
                    return self._http(method, path, {headers: headers, body: options.body, bytes: options.bytes});
                }
                return (options.sugar ? self._signIn.withSugar(call, recordsOf(options.body)) : call()).then(null, function(failed) {
                    if (failed.code === 'token_invalid') {
                        self._signIn.forget(token);
                    }
                    throw failed;
                });
            });
        }
    };

    /** The record that a call is about. */
    function recordsOf(body) {
        return body && body.module && body.record_id ? [{module: body.module, id: body.record_id}] : [];
    }

    riverline.problem = problem;
    riverline.Api = Api;
})(SUGAR.App);
