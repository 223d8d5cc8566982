/* app.controller: the routed layout. A new one takes the place of the old one, which is disposed. */
(function(app) {
    app.controller = Object.assign({
        context: app.context.getContext({}),
        layout: null,

        loadView(params) {
            const previous = this.layout;
            this.layout = null;
            if (previous) {
                previous.dispose();
            }
            this.context.clear().set(params).prepare();
            this.layout = app.view.createLayout({name: params.layout, module: params.module, context: this.context});
            $('#content').empty().append(this.layout.el);
            this.layout.render();
            this.layout.loadData();
            this.trigger('change');
            app.events.trigger('app:view:change', params.layout, params);
        },
    }, Backbone.Events);

    app.standin.unloadView = function() {
        if (app.controller.layout) {
            app.controller.layout.dispose();
            app.controller.layout = null;
        }
        app.controller.context.clear();
        $('#content').empty();
    };
})(SUGAR.App);
