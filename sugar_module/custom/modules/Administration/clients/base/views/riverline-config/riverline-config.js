/*
 * The admin page: where the Riverline service is, and whether a browser reaches it. Everything else is set in Riverline.
 */
({
    className: 'rl-admin',
    events: {
        'input .rl-address': '_typed',
        'keydown .rl-address, .rl-key': '_key',
        'click [data-rl-action=test]': '_test',
        'click [data-rl-action=remove-key]': '_removeKey'
    },

    initialize: function(options) {
        this._super('initialize', [options]);
        this.url = '';
        this.isRead = false;
        this.asserts = false;
        this.origins = [];
        this.answer = null;
        this._violation = _.bind(this._blocked, this);
        document.addEventListener('securitypolicyviolation', this._violation);
        this.listenTo(this.context, 'button:save_button:click', this._save);
    },

    loadData: function() {
        var self = this;
        app.api.call('read', app.api.buildURL('riverline/settings'), null, {
            success: function(settings) {
                if (!self.disposed) {
                    self.isRead = true;
                    self.asserts = settings.sign_in === 'assertion';
                    self._show(settings.url);
                    self.render();
                }
            },
            error: function() {
                self._say('bad', 'LBL_RL_FAILED');
            }
        });
    },

    _show: function(url) {
        this.url = url;
        this.origins = _.compact(app.riverline.origins(url));
    },

    _typed: function(event) {
        this._show(event.currentTarget.value.trim());
        this._say(null);
    },

    _key: function(event) {
        if (event.key === 'Enter') {
            event.preventDefault();
            this._save();
        }
    },

    _removeKey: function() {
        this._send({url: this.url, assertion_key: ''});
    },

    /** A key that was not typed stays as it is. */
    _save: function() {
        var key = this.$('.rl-key').val().trim();
        this._send(key ? {url: this.url, assertion_key: key} : {url: this.url});
    },

    _send: function(wanted) {
        var self = this;
        if (!this.isRead) {
            return;
        }
        if (this.url && !this.origins.length) {
            this._say('bad', 'LBL_RL_ADMIN_BAD_ADDRESS');
            return;
        }
        this.context.trigger('riverline:saving', true);
        app.api.call('update', app.api.buildURL('riverline/settings'), wanted, {
            success: function(settings) {
                // This page has the old settings in memory; the next one reads the new ones.
                app.config.riverline = settings;
                app.riverline.restart();
                self.asserts = settings.sign_in === 'assertion';
                self.$('.rl-key').val('');
                self._say('good', 'LBL_RL_ADMIN_SAVED');
            },
            error: function(failed) {
                self._say('bad', 'LBL_RL_ADMIN_NOT_SAVED', [failed.message || failed.status]);
            },
            complete: function() {
                if (!self.disposed) {
                    self.context.trigger('riverline:saving', false);
                }
            }
        });
    },

    _test: function() {
        var self = this;
        var url = this.url.replace(/\/+$/, '');
        if (!this.origins.length) {
            this._say('bad', 'LBL_RL_ADMIN_BAD_ADDRESS');
            return;
        }
        this.wasBlocked = false;
        this._say('busy', 'LBL_RL_ADMIN_TESTING');
        this._askHealth(url).then(function(version) {
            return self._askSocket(url).then(function() {
                self._say('good', 'LBL_RL_ADMIN_GOOD', [version]);
            });
        }).then(null, function(key) {
            if (!self.wasBlocked) {
                self._say('bad', key, [window.location.origin]);
            }
        });
    },

    _askHealth: function(url) {
        return window.fetch(url + '/healthz', {credentials: 'omit', cache: 'no-store'}).then(function(response) {
            return response.json();
        }, function() {
            throw 'LBL_RL_ADMIN_SILENT';
        }).then(function(health) {
            return health.version;
        }, function(failed) {
            throw _.isString(failed) ? failed : 'LBL_RL_ADMIN_STRANGE';
        });
    },

    _askSocket: function(url) {
        return new Promise(function(resolve, reject) {
            var socket = new WebSocket(url.replace(/^http/, 'ws') + '/v1/socket', ['riverline.v1']);
            socket.onopen = function() {
                socket.close();
                resolve();
            };
            socket.onerror = function() {
                reject('LBL_RL_ADMIN_NO_SOCKET');
            };
        });
    },

    /** The browser reports what Sugar's policy stopped; the failed call alone does not say why. */
    _blocked: function(event) {
        if (this.url && app.riverline.isBlocked(this.url, event.blockedURI)) {
            this.wasBlocked = true;
            this._say('bad', 'LBL_RL_ADMIN_BLOCKED', [event.blockedURI]);
        }
    },

    _say: function(answer, key, args) {
        if (this.disposed) {
            return;
        }
        var words = key ? app.riverline.texts.word(key, args) : '';
        this.$('.rl-answer').attr('data-answer', answer).text(words).toggle(!!words);
        this.$('.rl-origin-http').text(this.origins[0] || '');
        this.$('.rl-origin-ws').text(this.origins[1] || '');
        this.$('.rl-policy').toggle(this.origins.length > 0);
        this.$('.rl-key-saved').toggle(this.asserts);
    },

    _render: function() {
        this._super('_render');
        this.$('.rl-address').val(this.url);
        // What is typed before the settings are here would go with their coming.
        this.$('input, button').prop('disabled', !this.isRead);
        this._say(null);
    },

    _dispose: function() {
        document.removeEventListener('securitypolicyviolation', this._violation);
        this._super('_dispose');
    }
})
