/* app.plugins: behaviour that components name in `plugins: [...]`; mixed into the instance, never into the class. */
(function(app) {
    const registered = {view: {}, layout: {}, field: {}};
    const OWN = ['onAttach', 'onDetach', 'events'];

    function each(component, visit) {
        _.each(_.uniq(component.plugins || []), function(name) {
            const plugin = registered[component.kind][name];
            if (plugin) {
                visit(plugin);
            }
        });
    }

    app.plugins = {
        register(name, types, body) {
            [].concat(types).forEach(function(type) {
                registered[type][name] = body;
            });
        },
        attach(component) {
            each(component, function(plugin) {
                _.extend(component, _.omit(plugin, OWN));
                component.events = _.extend({}, _.result(component, 'events'), plugin.events);
                if (plugin.onAttach) {
                    plugin.onAttach.call(component, component, plugin);
                }
            });
        },
        detach(component) {
            each(component, plugin => plugin.onDetach && plugin.onDetach.call(component, component, plugin));
        },
    };
})(SUGAR.App);
