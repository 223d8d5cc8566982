/* The list of a module: the columns of its `list` metadata, a search by name, row actions, more on demand. */
({
    events: {
        'input .search': '_search',
        'click .more': '_more',
    },

    initialize: function(options) {
        this._super('initialize', [options]);
        var meta = app.metadata.getView(this.module, 'list') || {panels: []};
        this.columns = _.map(_.flatten(_.pluck(meta.panels, 'fields'), true), function(field) {
            return _.extend({labelText: app.lang.get(field.label || field.name, this.module)}, field);
        }, this);
        this.nameFields = meta.search || ['name'];
        this.actions = (this.meta.rowactions || {}).actions || [];
        this.searchText = '';
        this.moreText = app.lang.get('LBL_MORE');
        this.searchHint = app.lang.get('LBL_SEARCH');
        var names = _.map(this.columns, function(column) { return [column.name, column.id_name, column.module_field]; });
        this.context.set({fields: _.uniq(_.compact(_.flatten(names))), orderBy: meta.order});
    },

    bindDataChange: function() {
        this.listenTo(this.collection, 'sync', this.render);
    },

    _renderHtml: function() {
        this.rows = this.collection.map(function(model) { return {id: model.id, model: model}; });
        this.hasMore = this.collection.next_offset > 0;
        this.isEmpty = this.collection.dataFetched && this.collection.length === 0;
        this.countText = this.collection.dataFetched ? app.lang.get('LBL_LIST_COUNT', null, [this.collection.length + (this.hasMore ? '+' : '')]) : '';
        var typing = this.$('.search').is(':focus');
        this._super('_renderHtml');
        this.$('.search').val(this.searchText);
        if (typing) {
            this.$('.search').trigger('focus');
        }
    },

    _search: function(evt) {
        this.searchText = $(evt.currentTarget).val().trim();
        clearTimeout(this._searchTimer);
        this._searchTimer = setTimeout(_.bind(function() { this._fetch({}); }, this), 250);
    },

    _more: function() {
        this._fetch({add: true});
    },

    _fetch: function(options) {
        var text = this.searchText;
        var any = _.map(this.nameFields, function(name) { return _.object([[name, {$contains: text}]]); });
        this.collection.fetch(_.extend({
            fields: this.context.get('fields'),
            orderBy: this.context.get('orderBy'),
            filter: text ? [{$or: any}] : null,
        }, options));
    },

    _dispose: function() {
        clearTimeout(this._searchTimer);
        this._super('_dispose');
    },
})
