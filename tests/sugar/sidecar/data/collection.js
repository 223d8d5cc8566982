/* A list of records of one module, or of those behind a link of a record; fetched page by page. */
(function(app) {
    app.standin.BeanCollection = Backbone.Collection.extend({
        model: app.standin.Bean,

        initialize(models, options) {
            this.module = options.module;
            this.link = options.link;
            this.next_offset = 0;
        },
        _prepareModel(attributes, options) {
            return attributes instanceof Backbone.Model
                ? Backbone.Collection.prototype._prepareModel.call(this, attributes, options)
                : app.data.createBean(this.module, attributes, {collection: this});
        },

        /** options: add (the next page), fields, limit, filter, orderBy, success, error, complete. */
        fetch(options) {
            const own = options || {};
            const params = {
                max_num: own.limit || app.config.maxQueryResult,
                offset: own.add ? this.next_offset : null,
                fields: own.fields ? own.fields.join(',') : null,
                order_by: own.orderBy || null,
                filter: own.filter ? JSON.stringify(own.filter) : null,
            };
            const attributes = this.link ? {id: this.link.bean.id, link: this.link.name} : {};
            const module = this.link ? this.link.bean.module : this.module;
            app.events.trigger('data:sync:start', 'read', this, own);
            return app.api.collection(module, attributes, params, {
                success: answer => {
                    this.next_offset = answer.next_offset;
                    this[own.add ? 'add' : 'reset'](answer.records);
                    this.dataFetched = true;
                    this.trigger('sync', this, answer, own);
                    app.events.trigger('data:sync:success', 'read', this, own);
                    if (own.success) {
                        own.success(this, answer);
                    }
                },
                error: error => {
                    app.events.trigger('data:sync:error', 'read', this, own, error);
                    if (own.error) {
                        own.error(this, error);
                    } else {
                        app.error.handleHttpError(error, this, own);
                    }
                },
                complete: request => {
                    app.events.trigger('data:sync:complete', 'read', this, own);
                    if (own.complete) {
                        own.complete(request);
                    }
                },
            });
        },
    });
})(SUGAR.App);
