/*
 * Whether the other side of a session may be texted, and what the user writes down about it. The session itself says how
 * it stands, in all tabs at once; here is only what this user is about to change.
 *
 * Triggers `change`.
 */
(function(app) {
    'use strict';

    var riverline = app.riverline = app.riverline || {};

    var DECIDED = 'decided';
    /** Ids that are remembered; older ones are far up in their logs. */
    var REMEMBERED = 200;

    /** @param {Object} deps api; keep: a riverline.Keep for which texts somebody has decided about, by their ids alone */
    function Consent(deps) {
        this._api = deps.api;
        this._keep = deps.keep;
        this._calls = {};
        this._looks = {};
    }

    _.extend(Consent.prototype, Backbone.Events, {
        /** What keeps texts from going out: {code, since} as the service would refuse them, or null. */
        refusal: function(session) {
            var consent = session && session.consent;
            if (consent && consent.opted_out_since) {
                return {code: 'opted_out', since: consent.opted_out_since};
            }
            return consent && consent.do_not_text ? {code: 'do_not_text'} : null;
        },

        /** How the last call for a conversation stands: {busy, problem}. */
        call: function(id) {
            return this._calls[id] || {busy: false, problem: null};
        },

        /** The newest text of theirs that looks like a wish for no more texts, until somebody decides about it. */
        suspicion: function(messages) {
            var decided = this._keep.read(DECIDED) || [];
            for (var i = messages.length - 1; i >= 0; i--) {
                var message = messages[i];
                if (message.sender.kind === 'peer') {
                    if (riverline.isOptIn(message.text)) {
                        return null;
                    }
                    if (this._looksLikeOptOut(message) && !_.contains(decided, message.id)) {
                        return message;
                    }
                }
            }
            return null;
        },

        /** They do want no more texts: their words and the text's id are the proof. Said again, it blocks again. */
        optOut: function(conversation, message) {
            var self = this;
            return this._write(conversation, {
                kind: 'opt_out', text: '"' + message.text + '" (text ' + message.id + ')'
            }).then(function(done) {
                if (done) {
                    self._decide(message);
                }
                return done;
            });
        },

        /** It only looks like one. This browser remembers it until the logout. */
        dismiss: function(conversation, message) {
            this.forget(conversation.id);
            this._decide(message);
            this.trigger('change');
        },

        /** They want texts again, told otherwise than by START; the service takes it from administrators only. */
        optIn: function(conversation, how) {
            if (!how.trim()) {
                this._calls[conversation.id] = {busy: false, problem: riverline.problem(0, 'here', {key: 'LBL_RL_CONSENT_HOW_MISSING'})};
                this.trigger('change');
                return Promise.resolve(false);
            }
            return this._write(conversation, {kind: 'opt_in', text: how.trim()});
        },

        /** The record forbids texts as Sugar last showed it: it is read again, as this user. */
        check: function(conversation) {
            var record = conversation.session.record;
            var path = '/v1/sms-sessions/' + encodeURIComponent(conversation.id) + '/link';
            return this._call(conversation.id, this._api.post.bind(this._api, path, {
                module: record.module, record_id: record.id
            }, {sugar: true}));
        },

        /** The user does not go on with it. */
        forget: function(id) {
            delete this._calls[id];
        },

        _decide: function(message) {
            this._keep.write(DECIDED, _.last((this._keep.read(DECIDED) || []).concat(message.id), REMEMBERED));
        },

        /** Asked at each drawing of the window, and a text does not change. */
        _looksLikeOptOut: function(message) {
            if (!this._looks.hasOwnProperty(message.id)) {
                this._looks[message.id] = riverline.looksLikeOptOut(message.text);
            }
            return this._looks[message.id];
        },

        _write: function(conversation, event) {
            var session = conversation.session;
            var body = _.extend({number_id: session.number.id, peer: session.peer}, event);
            return this._call(conversation.id, this._api.post.bind(this._api, '/v1/consents', body));
        },

        /** One at a time for a conversation. @return {Promise} of whether it was done */
        _call: function(id, make) {
            var self = this;
            if (this.call(id).busy) {
                return Promise.resolve(false);
            }
            this._calls[id] = {busy: true, problem: null};
            this.trigger('change');
            return make().then(function() {
                delete self._calls[id];
                self.trigger('change');
                return true;
            }, function(failed) {
                self._calls[id] = {busy: false, problem: failed};
                self.trigger('change');
                return false;
            });
        }
    });

    riverline.Consent = Consent;
})(SUGAR.App);
