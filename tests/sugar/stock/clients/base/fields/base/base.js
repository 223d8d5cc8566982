/* Text; a link to its record where the definition says so. */
({
    _render: function() {
        this.href = this.def.link && this.model && this.model.id ? app.router.buildRoute(this.model.module, this.model.id) : '';
        this._super('_render');
    },
})
