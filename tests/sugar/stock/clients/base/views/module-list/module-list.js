/* The modules that have a list here, the current one marked. */
({
    initialize: function(options) {
        this._super('initialize', [options]);
        this.listenTo(app.events, 'app:view:change', this.render);
    },

    _renderHtml: function() {
        var current = app.controller.context.get('module');
        var modules = _.filter(app.user.get('module_list') || [], function(module) {
            return app.metadata.getView(module, 'list') && app.acl.hasAccess('list', module);
        });
        this.product = app.lang.get('LBL_PRODUCT');
        this.items = _.map(modules, function(module) {
            return {module: module, label: app.lang.getModuleName(module, {plural: true}), active: module === current};
        });
        this._super('_renderHtml');
    },
})
