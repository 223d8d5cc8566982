/* app.context: what the components of one layout share: module, record or list, and events such as the clicks of buttons. */
(function(app) {
    const Context = Backbone.Model.extend({
        /** Makes the record or the list that the attributes ask for. */
        prepare() {
            const module = this.get('module');
            const link = this.get('link');
            if (link && this.parent) {
                const related = app.standin.relatedModule(link);
                this.set({module: related, collection: app.data.createBeanCollection(related, [], {link: {name: link, bean: this.parent.get('model')}})});
            } else if (module && !this.get('model')) {
                this.set('model', app.data.createBean(module, this.get('modelId') ? {id: this.get('modelId')} : {}));
            }
            if (!this.get('collection') && this.get('module')) {
                this.set('collection', app.data.createBeanCollection(this.get('module'), []));
            }
            return this;
        },

        getChildContext(attributes) {
            const child = new Context(Object.assign({module: this.get('module')}, attributes));
            child.parent = this;
            this.children = (this.children || []).concat([child]);
            return child.prepare();
        },

        /** Once, however many views ask; a module without records has nothing to load. */
        loadData(options) {
            const known = app.metadata.getModuleNames().includes(this.get('module'));
            if (this.isDataFetched || !known || this.get('skipFetch') || this.get('create')) {
                return;
            }
            this.isDataFetched = true;
            const source = this.get('modelId') || (this.get('model') && this.get('model').id) ? this.get('model') : this.get('collection');
            source.fetch(Object.assign(this.pick('fields', 'orderBy', 'limit'), options));
        },
        reloadData(options) {
            this.isDataFetched = false;
            this.loadData(options);
            _.invoke(this.children || [], 'reloadData', options);
        },

        /** For the next page: attributes, listeners and children all go. */
        clear() {
            this.off();
            this.stopListening();
            this.children = [];
            this.isDataFetched = false;
            return Backbone.Model.prototype.clear.call(this, {silent: true});
        },
    });

    app.context = {
        getContext(attributes) {
            return new Context(attributes);
        },
    };
})(SUGAR.App);
