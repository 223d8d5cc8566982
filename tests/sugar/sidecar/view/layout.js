/* Layout: a list of views and layouts, made from metadata. */
(function(app) {
    app.view.Layout = app.view.Component.extend({
        kind: 'layout',

        initialize(options) {
            app.view.Component.prototype.initialize.call(this, options);
            this._components = [];
            this.$el.addClass(this.meta.css_class || '').attr('data-layout', this.name);
            if (this.meta.span) {
                this.$el.addClass('span' + this.meta.span);
            }
            this.initComponents(this.meta.components || []);
            this.bindDataChange();
        },

        initComponents(definitions) {
            definitions.forEach(definition => this.addComponent(this.createComponent(definition), definition));
        },

        /** {view: 'x'}, {layout: 'y'}, or inline metadata in their place; xmeta, context, loadModule, primary beside. */
        createComponent(definition) {
            const kind = definition.view ? 'view' : 'layout';
            const named = definition[kind];
            const inline = _.isString(named) ? {} : named;
            const name = _.isString(named) ? named : inline.name || inline.type;
            const context = definition.context ? this.context.getChildContext(definition.context) : this.context;
            const module = definition.loadModule || (context && context.get('module')) || this.module;
            const options = {name: name, type: inline.type || name, module: module, context: context, layout: this, def: definition};
            const known = kind === 'view' ? app.metadata.getView(module, name) : app.metadata.getLayout(module, name);
            options.meta = _.isArray(known) ? known : Object.assign({}, known, inline, definition.xmeta);
            return kind === 'view' ? app.view.createView(options) : app.view.createLayout(options);
        },

        addComponent(component, definition) {
            this._components.push(component);
            this._placeComponent(component, definition);
        },
        _placeComponent(component) {
            this.$el.append(component.el);
        },
        removeComponent(component) {
            this._components = _.without(this._components, component);
        },
        getComponent(name) {
            return _.find(this._components, component => component.name === name);
        },

        _render() {
            _.invoke(this._components, 'render');
        },
        loadData(options) {
            _.invoke(this._components, 'loadData', options);
        },
        _dispose() {
            _.invoke(this._components, 'dispose');
            this._components = [];
            app.view.Component.prototype._dispose.call(this);
        },
    });
})(SUGAR.App);
