/* The name of a related record, linked to it when its module has a page here. */
({
    _render: function() {
        var module = this.def.module || this.model.get(this.def.module_field);
        var id = this.model.get(this.def.id_name);
        this.href = id && app.metadata.getView(module, 'list') ? app.router.buildRoute(module, id) : '';
        this._super('_render');
    },
})
