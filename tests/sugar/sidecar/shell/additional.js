/* Additional components: header and bars, which live beside the routed layout and outlive it. */
(function(app) {
    app.additionalComponents = {};

    /** {name: {target, layout | view}}; what is there already is drawn again. */
    app.controller.loadAdditionalComponents = function(components) {
        _.each(components, function(definition, name) {
            if (!app.additionalComponents[name]) {
                create(name, definition);
            }
            app.additionalComponents[name].render();
        });
    };

    app.standin.additional = {
        load: () => app.controller.loadAdditionalComponents(ofThisMode()),
        render: () => _.invoke(app.additionalComponents, 'render'),
        dispose() {
            _.invoke(app.additionalComponents, 'dispose');
            _.each(_.keys(app.additionalComponents), name => delete app.additionalComponents[name]);
        },
    };

    function create(name, definition) {
        const kind = definition.layout ? 'layout' : 'view';
        const options = {name: definition[kind], context: app.context.getContext({module: null})};
        const component = kind === 'layout' ? app.view.createLayout(options) : app.view.createView(options);
        app.additionalComponents[name] = component;
        $(definition.target).append(component.el);
    }

    function ofThisMode() {
        const components = {header: {target: '#header', layout: 'header'}};
        app.standin.hosts.forEach(function(host) {
            components[host] = {target: host === 'sidebar-nav' ? '#sidebar-nav' : '#footer', layout: host};
        });
        return components;
    }
})(SUGAR.App);
