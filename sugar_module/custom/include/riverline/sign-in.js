/*
 * Who we are to the service: the user's Sugar token is shown once and answered with a token of the service's own. Both
 * live in memory only; Sugar's is read fresh for every use, because Sugar renews it whenever it likes.
 */
(function(app) {
    'use strict';

    var riverline = app.riverline = app.riverline || {};
    var RENEW_AFTER = 45 * 60000;
    var RENEW_AGAIN = 60000;

    /**
     * @param {Object} deps http; timers; browserId; userId of whom this page belongs to; sugarToken() -> the current one
     *     or ''; refreshSugar() -> promise: a call to Sugar itself, which makes Sugar renew its token; refused(problem)
     *     when renewing was refused; replaced() when Sugar's login is somebody else's by now
     */
    function SignIn(deps) {
        this._deps = deps;
        this._token = null;
        this._pending = null;
        this._timer = null;
        this._ended = false;
        this.member = null;
        this.admin = false;
    }

    SignIn.prototype = {
        /** Our token; signs in when there is none, once for all who wait. */
        token: function() {
            var self = this;
            if (this._token) {
                return Promise.resolve(this._token);
            }
            if (this._ended) {
                return Promise.reject(riverline.problem(401, 'token_invalid'));
            }
            this._pending = this._pending || this._signIn().then(function(token) {
                self._pending = null;
                return token;
            }, function(failed) {
                self._pending = null;
                throw failed;
            });
            return this._pending;
        },

        /** The service refused this token; another one that came meanwhile stays. */
        forget: function(token) {
            if (!token || token === this._token) {
                this._token = null;
                this._deps.timers.clear(this._timer);
            }
        },

        /** Calls with Sugar's token; when that was refused, lets Sugar renew it and calls once more. */
        withSugar: function(call) {
            var deps = this._deps;
            var token = deps.sugarToken();
            if (!token) {
                return Promise.reject(riverline.problem(401, 'sugar_token_missing'));
            }
            return call(token).then(null, function(failed) {
                if (failed.code !== 'sugar_token_invalid') {
                    throw failed;
                }
                return deps.refreshSugar().then(function() {
                    return call(deps.sugarToken());
                }, function() {
                    throw failed;
                });
            });
        },

        /**
         * Whether the service takes us for the page's own user. All tabs share Sugar's login, so that in an old tab it may
         * be the next user's: then nothing may go out under that name, and that user's tokens are not ours to end.
         */
        isStill: function(memberId) {
            if (memberId === this._deps.userId) {
                return true;
            }
            this._ended = true;
            this.forget();
            this._deps.replaced();
            return false;
        },

        /** At Sugar's logout: ends our tokens in all tabs. The page may be going away, so nobody waits. */
        end: function() {
            var token = this._token;
            this._ended = true;
            this.forget();
            if (token) {
                this._deps.http('DELETE', '/v1/sign-in', {
                    headers: {Authorization: 'Bearer ' + token}, keepalive: true
                }).then(null, function() { /* the token dies by itself within the hour */ });
            }
        },

        _signIn: function() {
            var self = this;
            return this.withSugar(function(sugarToken) {
                return self._deps.http('POST', '/v1/sign-in', {
                    headers: {Authorization: 'Bearer ' + sugarToken}, body: {browser_id: self._deps.browserId}
                });
            }).then(function(answer) {
                if (self._ended || !self.isStill(answer.member.id)) {
                    throw riverline.problem(401, 'token_invalid');
                }
                self._token = answer.token;
                self.member = answer.member;
                self.admin = answer.admin;
                self._renewIn(RENEW_AFTER);
                return answer.token;
            });
        },

        _renewIn: function(ms) {
            var self = this;
            this._deps.timers.clear(this._timer);
            this._timer = this._deps.timers.set(function() {
                self._renew();
            }, ms);
        },

        _renew: function() {
            var self = this;
            var token = this._token;
            this.withSugar(function(sugarToken) {
                return self._deps.http('PUT', '/v1/sign-in', {
                    headers: {Authorization: 'Bearer ' + token, 'Sugar-Token': sugarToken}
                });
            }).then(function() {
                if (token === self._token) {
                    self._renewIn(RENEW_AFTER);
                }
            }, function(failed) {
                if (token !== self._token) {
                    return;
                }
                if (failed.code === 'token_invalid') {
                    self.forget(token);
                } else if (failed.status === 401 || failed.status === 403) {
                    self._deps.refused(failed);
                } else {
                    self._renewIn(RENEW_AGAIN);
                }
            });
        }
    };

    riverline.SignIn = SignIn;
})(SUGAR.App);
