/* app.drawer: layouts in a stack over the page; each has its own context. */
(function(app) {
    let stack = [];

    app.drawer = {
        open(definition, onClose) {
            const attributes = Object.assign({module: app.controller.context.get('module')}, definition.context);
            const context = app.context.getContext(attributes);
            context.parent = (_.last(stack) || app.controller).context;
            const layout = app.view.createLayout({name: definition.layout, module: attributes.module, context: context.prepare()});
            const $el = $('<div class="drawer" role="dialog"></div>').append(layout.el).appendTo('#drawers');
            stack.push({layout: layout, context: context, $el: $el, onClose: onClose});
            layout.render();
            layout.loadData();
        },
        /** What is given here, the opener's callback receives. */
        close() {
            const top = stack.pop();
            if (top) {
                top.layout.dispose();
                top.$el.remove();
                if (top.onClose) {
                    top.onClose.apply(null, arguments);
                }
            }
        },
        getActiveDrawerLayout() {
            return stack.length ? _.last(stack).layout : app.controller.layout;
        },
    };

    /** A new page closes them all, without asking the openers, who are gone. */
    app.standin.closeDrawers = function() {
        const all = stack;
        stack = [];
        all.forEach(function(item) {
            item.layout.dispose();
            item.$el.remove();
        });
    };
})(SUGAR.App);
