/*
 * Sessions whose number is on no record or on several, or whose user wants another record: what there is to choose from,
 * and the link that the user makes.
 * Sugar's own drawers find or make the record; the service links it, as the user, if the number is on it.
 *
 * Triggers `change`.
 */
(function(app) {
    'use strict';

    var riverline = app.riverline = app.riverline || {};

    /**
     * @param {Object} deps api; pick: Sugar's drawers, {select(module), create(number)} -> promise of a record, or of null
     *     when the user went back
     */
    function Linking(deps) {
        this._api = deps.api;
        this._pick = deps.pick;
        this._found = {};
        this._links = {};
        this._changing = {};
    }

    _.extend(Linking.prototype, Backbone.Events, {
        /**
         * What a session offers, or null when there is nothing to link (or Sugar was not asked yet).
         *
         * @return {Object} match, matches, suggestions, loading, problem; link {record, busy, problem} once the user tried;
         *     changing: another record than the linked one is looked for
         */
        of: function(conversation) {
            var session = conversation.session;
            var changing = !!session.record && this._changing[conversation.id] === riverline.recordKey(session.record);
            if (session.record && !changing) {
                // What was tried is over; a record that goes from Sugar leaves the number free again.
                this._forget(conversation.id);
                return null;
            }
            var link = this._links[conversation.id] || null;
            if ((!changing && !_.contains(['none', 'several'], session.record_match)) || (link && link.made)) {
                return null;
            }
            var found = this._found[conversation.id];
            if (!found || found.match !== session.record_match) {
                found = this._load(conversation.id, session.record_match);
            }
            return _.extend({link: link, changing: changing}, found, {matches: _.reject(found.matches, function(record) {
                return changing && _.isEqual(record, session.record);
            })});
        },

        /** The user looks for another record than the one that is linked, or stays with it after all. */
        change: function(conversation) {
            var was = this._changing[conversation.id];
            this._forget(conversation.id);
            if (!was) {
                this._changing[conversation.id] = riverline.recordKey(conversation.session.record);
                delete this._found[conversation.id];
            }
            this.trigger('change');
        },

        /** @return {Promise} of whether the session is linked now */
        link: function(id, record) {
            var self = this;
            if (this._links[id] && this._links[id].busy) {
                return Promise.resolve(false);
            }
            var link = this._links[id] = {record: record, busy: true, problem: null};
            this.trigger('change');
            var body = {module: record.module, record_id: record.id};
            return this._api.post(path(id) + '/link', body, {sugar: true}).then(function() {
                link.made = true;
                delete self._changing[id];
                return self._linked(link);
            }, function(failed) {
                link.problem = failed;
                return self._linked(link);
            });
        },

        /** The user finds the record in Sugar's own list. */
        select: function(id, module) {
            return this._pick.select(module).then(this._linkPicked.bind(this, id));
        },

        /** The user makes a contact of the number in Sugar's own form. */
        create: function(id, number) {
            return this._pick.create(number).then(this._linkPicked.bind(this, id));
        },

        /** What failed, once more: the link, or else the search. */
        again: function(id) {
            var link = this._links[id];
            if (link && link.problem) {
                return this.link(id, link.record);
            }
            delete this._found[id];
            this.trigger('change');
            return Promise.resolve(false);
        },

        /** There is a connection again. */
        online: function() {
            this._found = _.omit(this._found, function(found) {
                return found.problem;
            });
        },

        _forget: function(id) {
            delete this._links[id];
            delete this._changing[id];
        },

        _linkPicked: function(id, record) {
            return record ? this.link(id, record) : false;
        },

        _linked: function(link) {
            link.busy = false;
            this.trigger('change');
            return !!link.made;
        },

        _load: function(id, match) {
            var self = this;
            var found = this._found[id] = {match: match, matches: [], suggestions: [], loading: true, problem: null};
            this._api.get(path(id) + '/candidates').then(function(answer) {
                return _.pick(answer, 'matches', 'suggestions');
            }, function(failed) {
                return {problem: failed};
            }).then(function(news) {
                _.extend(found, news, {loading: false});
                self.trigger('change');
            });
            return found;
        }
    });

    function path(id) {
        return '/v1/sms-sessions/' + encodeURIComponent(id);
    }

    riverline.Linking = Linking;
})(SUGAR.App);
