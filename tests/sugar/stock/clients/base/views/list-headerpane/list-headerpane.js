/* The top of a list page: "Create" opens a drawer. */
({
    extendsFrom: 'HeaderpaneView',

    initialize: function(options) {
        this._super('initialize', [options]);
        this.listenTo(this.context, 'button:create_button:click', this._create);
    },

    _create: function() {
        var context = this.context;
        app.drawer.open({layout: 'create', context: {module: this.module, create: true}}, function(created) {
            if (created) {
                context.reloadData();
            }
        });
    },
})
