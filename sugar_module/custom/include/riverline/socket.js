/*
 * The live connection: hello, resume, the wait before the next try. Holds no DOM; clock, timers, chance and the WebSocket
 * class come from outside, so the tests play hours of it in milliseconds.
 *
 * Triggers: `status` (connecting | online | offline), `state` (a fresh state was read; the listener loads it),
 * `event` (cursor, event), `presence` (list, whether it names all who are not offline), `typing`, `failed` (a problem
 * of signing in or of reading the state).
 */
(function(app) {
    'use strict';

    var riverline = app.riverline = app.riverline || {};
    var PROTOCOL = 'riverline.v1';
    var OPEN = 1;
    var FIRST_WAIT = 2000;
    var LONGEST_WAIT = 60000;
    var RESUME_WAIT = 500;
    var TRIES_APART = 5000;
    var HELLO_TIMEOUT = 10000;
    var ANSWER_TIMEOUT = 10000;
    var PROBE_TIMEOUT = 5000;
    var QUIET = 60000;
    var SETTLED_AFTER = 10000;
    var NOT_OURS = 4400;
    var BAD_TOKEN = 4401;
    var TOO_SLOW = 4008;
    var TOO_MANY = 4429;
    var WRONG_SERVICE_WAIT = 60000;

    /**
     * @param {Object} deps url (wss://..), WebSocket, timers {set, clear}, now(), random() in 0..1, signIn (token, forget,
     *     isStill), readState() -> promise of GET /v1/state, visible() whether this tab is on the screen
     */
    function Socket(deps) {
        this._deps = deps;
        this._ws = null;
        this._timers = {};
        this._tries = 0;
        this._cursor = null;
        this._held = null;
        this._asked = {};
        this._lastRef = 0;
        this._refused = false;
        this._overtaken = false;
        this._triedAt = null;
        this._retryAt = null;
        this.status = 'offline';
    }

    _.extend(Socket.prototype, Backbone.Events, {
        start: function() {
            this._wanted = true;
            this._connect();
        },

        stop: function() {
            this._wanted = false;
            this._drop();
            this._clearTimers();
            this._setStatus('offline');
        },

        /** Sends when online; false means that nobody heard it. */
        say: function(frame) {
            if (this.status !== 'online' || this._ws.readyState !== OPEN) {
                return false;
            }
            this._ws.send(JSON.stringify(frame));
            return true;
        },

        /** Sends and waits for the answer with the same `ref`. Rejected with `unreachable` when the connection goes. */
        ask: function(frame) {
            var self = this;
            return new Promise(function(resolve, reject) {
                var ref = String(++self._lastRef);
                if (!self.say(_.extend({ref: ref}, frame))) {
                    reject(riverline.problem(0, 'unreachable'));
                    return;
                }
                self._asked[ref] = {resolve: resolve, reject: reject, timer: self._deps.timers.set(function() {
                    self._answer(ref, 'reject', riverline.problem(0, 'unreachable'));
                    self._probe();
                }, ANSWER_TIMEOUT)};
            });
        },

        /** The machine woke, the network came back, the tab came to the front: find out now, do not wait for a timer. */
        wake: function() {
            if (!this._wanted) {
                return;
            }
            if (this.status === 'online') {
                this._probe();
            } else if (!this._ws && !this._signingIn) {
                // At once, but a network that comes and goes wakes us every second.
                var due = this._triedAt === null ? 0 : this._triedAt + TRIES_APART - this._deps.now();
                if (due <= 0) {
                    this._connect();
                } else if (this._retryAt === null || this._retryAt > this._deps.now() + due) {
                    this._retry(due);
                }
            }
        },

        /** The user says again: at once, whatever was tried before. */
        tryNow: function() {
            this._triedAt = null;
            this.wake();
        },

        _connect: function() {
            var self = this;
            this._clearTimers();
            this._retryAt = null;
            this._triedAt = this._deps.now();
            this._signingIn = true;
            this._setStatus('connecting');
            this._deps.signIn.token().then(function(token) {
                self._signingIn = false;
                if (self._wanted && !self._ws) {
                    self._open(token);
                }
            }, function(failed) {
                self._signingIn = false;
                self._fail(failed);
            });
        },

        _open: function(token) {
            var self = this;
            var ws;
            try {
                ws = new this._deps.WebSocket(this._deps.url, [PROTOCOL]);
            } catch (e) {
                this._fail(riverline.problem(0, 'unreachable'));
                return;
            }
            this._ws = ws;
            this._token = token;
            this._expectsAll = true;
            ws.onopen = function() {
                var hello = {type: 'hello', token: token};
                if (self._cursor) {
                    hello.after = self._cursor;
                }
                ws.send(JSON.stringify(hello));
            };
            ws.onmessage = function(message) {
                if (ws === self._ws) {
                    self._hear(JSON.parse(message.data));
                }
            };
            ws.onclose = function(end) {
                if (ws === self._ws) {
                    self._closed(end.code, end.reason);
                }
            };
            this._timer('hello', function() {
                self._lost();
            }, HELLO_TIMEOUT);
        },

        _hear: function(frame) {
            this._clear('probe');
            this._listen();
            if (frame.type === 'welcome') {
                this._welcomed(frame);
            } else if (frame.type === 'ok') {
                this._answer(frame.ref, 'resolve', frame);
            } else if (frame.type === 'error') {
                this._answer(frame.ref, 'reject', frame.problem);
            } else if (this._held) {
                this._held.push(frame);
            } else {
                this._deliver(frame);
            }
        },

        _welcomed: function(frame) {
            var self = this;
            var ws = this._ws;
            this._clear('hello');
            if (!this._deps.signIn.isStill(frame.member_id)) {
                return;
            }
            this._refused = false;
            if (frame.resumed) {
                this._ready();
                return;
            }
            this._held = [];
            this._deps.readState().then(function(state) {
                if (ws !== self._ws) {
                    return;
                }
                self._cursor = state.cursor;
                self.trigger('state', state);
                var held = self._held;
                self._held = null;
                self._ready();
                held.forEach(function(later) {
                    self._deliver(later);
                });
            }, function(failed) {
                if (ws === self._ws) {
                    self._drop();
                    self._fail(failed);
                }
            });
        },

        _ready: function() {
            var self = this;
            this._setStatus('online');
            this._timer('settled', function() {
                self._tries = 0;
                self._overtaken = false;
            }, SETTLED_AFTER);
            this._listen();
        },

        /** The service's own pings are not shown to scripts: after a minute of silence we ask. */
        _listen: function() {
            if (this.status === 'online') {
                this._timer('quiet', this._probe.bind(this), QUIET);
            }
        },

        _deliver: function(frame) {
            if (frame.type === 'event') {
                if (isAfter(frame.cursor, this._cursor)) {
                    this._cursor = frame.cursor;
                    this.trigger('event', frame.cursor, frame.event);
                }
            } else if (frame.type === 'signal' && frame.signal.kind === 'presence') {
                this.trigger('presence', frame.signal.members, this._expectsAll);
                this._expectsAll = false;
            } else if (frame.type === 'signal' && frame.signal.kind === 'typing') {
                this.trigger('typing', frame.signal);
            }
        },

        _closed: function(code, reason) {
            var retry = retryMs(reason);
            this._drop();
            if (!this._wanted) {
                return;
            }
            if (code === BAD_TOKEN) {
                this._deps.signIn.forget(this._token);
                // At once, but a service that refuses its own tokens is not asked in a circle.
                this._retry(this._refused ? this._backoff() : 0);
                this._refused = true;
            } else if (code === TOO_MANY && !this._deps.visible()) {
                // wake() comes back when somebody looks at this tab.
                this._setStatus('offline');
            } else if (code === TOO_SLOW && !this._overtaken) {
                this._overtaken = true;
                this._retry(this._deps.random() * RESUME_WAIT);
            } else if (code === TOO_SLOW) {
                // What was missed is too much to be told again; the state is not.
                this._cursor = null;
                this._retry(this._backoff());
            } else if (code === NOT_OURS) {
                this._cursor = null;
                this._retry(WRONG_SERVICE_WAIT);
            } else if (retry !== null) {
                // The service has spread us already.
                this._retry(retry);
            } else {
                this._retry(this._backoff());
            }
        },

        /** No token or no state: the listener gets the reason, and only what may get better by itself is tried again. */
        _fail: function(failed) {
            if (!this._wanted) {
                return;
            }
            if (failed.code === 'token_invalid') {
                this._deps.signIn.forget();
            }
            this.trigger('failed', failed);
            var final = failed.code !== 'token_invalid' && (failed.status === 401 || failed.status === 403);
            if (final) {
                this._setStatus('offline');
            } else {
                this._retry(Math.max(failed.retryMs || 0, this._backoff()));
            }
        },

        _retry: function(wait) {
            var self = this;
            this._setStatus('offline');
            this._retryAt = this._deps.now() + wait;
            this._timer('retry', function() {
                self._connect();
            }, wait);
        },

        /** Full jitter: anything between nothing and a bound that doubles, so that a thousand panels do not come at once. */
        _backoff: function() {
            var most = Math.min(LONGEST_WAIT, FIRST_WAIT * Math.pow(2, this._tries));
            this._tries += 1;
            return this._deps.random() * most;
        },

        _probe: function() {
            var self = this;
            if (this._timers.probe === undefined && this.say({type: 'ping'})) {
                this._timer('probe', function() {
                    self._lost();
                }, PROBE_TIMEOUT);
            }
        },

        /** Silence: the browser may need minutes to notice, so the socket is left behind. */
        _lost: function() {
            this._drop();
            this._retry(this._backoff());
        },

        _drop: function() {
            var ws = this._ws;
            this._ws = null;
            this._held = null;
            ['hello', 'probe', 'quiet', 'settled'].forEach(this._clear, this);
            if (ws) {
                ws.close();
            }
            Object.keys(this._asked).forEach(function(ref) {
                this._answer(ref, 'reject', riverline.problem(0, 'unreachable'));
            }, this);
        },

        _answer: function(ref, how, what) {
            var asked = this._asked[ref];
            if (asked) {
                delete this._asked[ref];
                this._deps.timers.clear(asked.timer);
                asked[how](what);
            }
        },

        _setStatus: function(status) {
            if (status !== this.status) {
                this.status = status;
                this.trigger('status', status);
            }
        },

        _timer: function(name, run, ms) {
            this._clear(name);
            this._timers[name] = this._deps.timers.set(run, ms);
        },

        _clear: function(name) {
            this._deps.timers.clear(this._timers[name]);
            delete this._timers[name];
        },

        _clearTimers: function() {
            Object.keys(this._timers).forEach(this._clear, this);
        }
    });

    function retryMs(reason) {
        try {
            var ms = JSON.parse(reason).retry_ms;
            return ms >= 0 ? ms : null;
        } catch (e) {
            return null;
        }
    }

    /** A cursor is `<id>.<time>`; ids rise. */
    riverline.cursorId = function(cursor) {
        return parseInt(cursor, 10) || 0;
    };

    function isAfter(cursor, known) {
        return !known || riverline.cursorId(cursor) > riverline.cursorId(known);
    }

    riverline.Socket = Socket;
})(SUGAR.App);
