/* app.view: makes components of the right class with their metadata. */
(function(app) {
    const sfIds = {next: 1};

    function make(kind, options, meta) {
        const complete = Object.assign({context: app.controller.context}, options, {meta: options.meta || meta || {}});
        return new (app.standin.classes.find(kind, complete.type || complete.name, complete.module))(complete);
    }

    const moduleOf = options => options.module || (options.context && options.context.get('module'));

    Object.assign(app.view, {
        createView(options) {
            return make('views', options, app.metadata.getView(moduleOf(options), options.name || options.type));
        },
        createLayout(options) {
            const meta = options.meta || app.metadata.getLayout(moduleOf(options), options.name || options.type) || {};
            return make('layouts', Object.assign({}, options, {type: options.type === options.name ? meta.type || options.type : options.type || meta.type}), meta);
        },
        createField(options) {
            const sfId = String(sfIds.next++);
            const module = moduleOf(options) || (options.model && options.model.module);
            const field = make('fields', Object.assign({}, options, {sfId: sfId, type: options.def.type || 'base', module: module}));
            if (options.view) {
                options.view.fields[sfId] = field;
            }
            return field;
        },
        componentHasPlugin(options) {
            const found = app.standin.classes.find(options.type + 's', options.name, options.module);
            return _.contains(found.prototype.plugins || [], options.plugin);
        },
    });
})(SUGAR.App);
