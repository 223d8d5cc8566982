/*
 * Who we are to the service: the user's Sugar token, or what Sugar asserts about him instead, is shown once and answered
 * with a token of the service's own. All live in memory only; Sugar's is read fresh for every use, because Sugar renews it
 * whenever it likes.
 */
(function(app) {
    'use strict';

    var riverline = app.riverline = app.riverline || {};
    var RENEW_AFTER = 45 * 60000;
    var RENEW_AGAIN = 60000;
    /** How often one call is mended when the service wants to be told about more records. */
    var ROUNDS = 3;
    /** Sugar states no more at a time. */
    var MOST_RECORDS = 15;

    /**
     * @param {Object} deps http; timers; browserId; userId of whom this page belongs to; sugarToken() -> the current one
     *     or ''; sugarAssertion(records) -> promise of what Sugar asserts about the user and these records; asserts: whether
     *     the service takes that and no tokens; refreshSugar() -> promise: a call to Sugar itself, which makes Sugar renew its token; refused(problem)
     *     when renewing was refused; replaced() when Sugar's login is somebody else's by now
     */
    function SignIn(deps) {
        this._deps = deps;
        this._asserts = !!deps.asserts;
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

        /**
         * Calls with what proves the user. What was refused is replaced and the call made once more; records that the
         * service wants to be told about as well are then among those asserted. Those change while other tabs tell it
         * about them, so it may ask some more times.
         *
         * @param {Function} call (proof) -> promise
         * @param {Array} records [{module, id}] that the call is about
         */
        withSugar: function(call, records) {
            var self = this;
            var own = records || [];
            function attempt(about, made) {
                return self._proof(about).then(call).then(null, function(failed) {
                    if (made >= (failed.code === 'assertion_incomplete' ? ROUNDS : 1)) {
                        throw failed;
                    }
                    return self._mend(failed, own, about).then(function(more) {
                        return attempt(more, made + 1);
                    });
                });
            }
            return attempt(own, 0);
        },

        _proof: function(records) {
            if (this._asserts) {
                return this._deps.sugarAssertion(records).then(null, function(failed) {
                    var isRefusal = failed.status >= 400 && failed.status < 500;
                    var isOut = failed.status === 401;
                    throw isRefusal ? riverline.problem(401, isOut ? 'sugar_token_missing' : 'assertion_refused') :
                        riverline.problem(503, 'sugar_unreachable');
                });
            }
            var token = this._deps.sugarToken();
            return token ? Promise.resolve(token) : Promise.reject(riverline.problem(401, 'sugar_token_missing'));
        },

        /** Removes what stood in the way, and says which records the next try is about. */
        _mend: function(failed, own, records) {
            switch (failed.code) {
                case 'assertion_incomplete':
                    return Promise.resolve(_.first(_.uniq(own.concat(failed.records || [], records), false, nameOf), MOST_RECORDS));
                case 'assertion_needed':
                case 'sugar_token_needed':
                    // This page is older than what the admin has chosen.
                    this._asserts = failed.code === 'assertion_needed';
                    return Promise.resolve(records);
                case 'assertion_invalid':
                    return Promise.resolve(records);
                case 'sugar_token_invalid':
                    return this._deps.refreshSugar().then(function() {
                        return records;
                    }, function() {
                        throw failed;
                    });
                default:
                    return Promise.reject(failed);
            }
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

    function nameOf(record) {
        return record.module + ' ' + record.id;
    }

    riverline.SignIn = SignIn;
})(SUGAR.App);
