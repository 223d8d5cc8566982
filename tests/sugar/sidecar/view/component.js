/* What views, layouts and fields have in common: life from initialize to dispose, plug-ins, show and hide. */
(function(app) {
    let alive = 0;
    app.standin.componentCount = () => alive;

    app.view = {views: {}, layouts: {}, fields: {}};
    app.view.Component = Backbone.View.extend(Object.assign({}, app.standin.Hooks, {
        constructor: function() {
            alive++;
            Backbone.View.apply(this, arguments);
            this.delegateEvents();      // initialize may have added events
        },

        initialize(options) {
            this.options = options;
            this.context = options.context;
            this.module = options.module || (this.context && this.context.get('module'));
            this.name = options.name;
            this.type = options.type || options.name;
            this.meta = options.meta || {};
            this.def = options.def || {};
            this.layout = options.layout;
            this.model = options.model || (this.context && this.context.get('model'));
            this.collection = options.collection || (this.context && this.context.get('collection'));
            app.plugins.attach(this);
        },

        bindDataChange: _.noop,

        render() {
            if (this.disposed) {
                throw new Error('A disposed component renders: ' + this);
            }
            if (this.triggerBefore('render')) {
                this._render();
                this.trigger('render');
                this.triggerAfter('render');
                app.accessibility.run(this);
            }
            return this;
        },
        _render: _.noop,

        show() {
            this.$el.removeClass('hide');
            this.trigger('show');
        },
        hide() {
            this.$el.addClass('hide');
            this.trigger('hide');
        },
        isVisible() {
            return this.$el.is(':visible');
        },
        closestComponent(name) {
            let up = this.view || this.layout;
            while (up && up.name !== name) {
                up = up.view || up.layout;
            }
            return up;
        },

        /** Ends it for good. What is used afterwards is null, so that late callbacks that do not ask for `disposed` are found. */
        dispose() {
            if (this.disposed) {
                return;
            }
            alive--;
            this._dispose();
            this.disposed = true;
            this.context = this.model = this.collection = this.layout = this.view = null;
        },
        _dispose() {
            app.plugins.detach(this);
            this.off();
            this.remove();              // the element and everything listened to
        },

        toString() {
            return this.kind + ' ' + this.name + (this.module ? ' of ' + this.module : '');
        },
        _super(method) {
            throw new Error('_super("' + method + '") outside of a method of ' + this);
        },
    }));
})(SUGAR.App);
