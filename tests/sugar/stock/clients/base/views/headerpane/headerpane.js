/* The top of a page: title and buttons from the metadata. */
({
    initialize: function(options) {
        this._super('initialize', [options]);
        this.title = this.meta.title ? app.lang.get(this.meta.title, this.module) : app.lang.getModuleName(this.module, {plural: true});
    },
})
