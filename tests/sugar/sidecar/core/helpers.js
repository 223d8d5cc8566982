/* Handlebars helpers: those that packages may rely on. A helper that is not here makes the template fail. */
(function(app) {
    const same = (a, b) => a === b;

    Handlebars.registerHelper({
        /** {{str 'LBL_X' 'Module' context}} */
        str(key, module, context) {
            const given = [].slice.call(arguments, 0, -1);
            return app.lang.get(key, given[1], given[2]);
        },

        /** {{field view model=model template="detail"}} where `this` is the definition; leaves a placeholder for the view. */
        field(view, options) {
            const hash = options.hash;
            const field = app.view.createField({
                def: hash.def || this,
                view: view,
                context: view.context,
                model: hash.model || view.model,
                viewName: hash.template || view.action,
            });
            return new Handlebars.SafeString('<span sfuuid="' + field.sfId + '"></span>');
        },

        eq: function(a, b, options) {
            return same(a, b) ? options.fn(this) : options.inverse(this);
        },
        notEq: function(a, b, options) {
            return same(a, b) ? options.inverse(this) : options.fn(this);
        },

        buildRoute(options) {
            const hash = options.hash;
            const model = hash.model || {};
            return '#' + app.router.buildRoute(hash.module || model.module, hash.id || model.id, hash.action);
        },
    });
})(SUGAR.App);
