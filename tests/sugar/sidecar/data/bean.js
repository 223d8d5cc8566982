/* A record: a Backbone model that knows its module; a new one is saved whole, then only what changed. */
(function(app) {
    app.standin.Bean = Backbone.Model.extend({
        initialize(attributes, options) {
            this.module = options.module;
            this.fields = app.metadata.getModule(this.module, 'fields') || {};
            this.link = options.link;
            this.keepSynced();
        },

        /** What the server is known to have. */
        keepSynced() {
            this.synced = app.utils.deepCopy(this.attributes);
        },
        revertAttributes() {
            this.set(this.synced);
        },
        changedSinceSync() {
            return _.pick(this.attributes, (value, name) => !_.isEqual(value, this.synced[name]));
        },

        fetch(options) {
            return this.request('read', null, _.pick(options || {}, 'params', 'fields'), options);
        },
        save(attributes, options) {
            this.set(attributes || {});
            return this.isNew()
                ? this.request('create', this.attributes, {}, options)
                : this.request('update', this.changedSinceSync(), {}, options);
        },
        destroy(options) {
            return this.request('delete', null, {}, options);
        },

        request(method, data, query, options) {
            const own = options || {};
            const params = Object.assign({}, query.params, query.fields ? {fields: query.fields.join(',')} : {});
            const tell = (what, extra) => app.events.trigger('data:sync:' + what, method, this, own, extra);
            tell('start');
            return app.api.records(method, this.module, Object.assign({id: this.id}, data), params, {
                success: answer => {
                    if (method === 'delete') {
                        this.trigger('destroy', this, this.collection, own);
                    } else {
                        this.set(answer);
                        this.keepSynced();
                    }
                    this.dataFetched = true;
                    this.trigger('sync', this, answer, own);
                    tell('success');
                    if (own.success) {
                        own.success(this, answer);
                    }
                },
                error: error => {
                    tell('error', error);
                    if (own.error) {
                        own.error(this, error);
                    } else {
                        app.error.handleHttpError(error, this, own);
                    }
                },
                complete: request => {
                    tell('complete');
                    if (own.complete) {
                        own.complete(request);
                    }
                },
            });
        },
    });
})(SUGAR.App);
