/* View: a template over itself (own properties only, Handlebars is strict), with fields in it. */
(function(app) {
    app.view.View = app.view.Component.extend({
        kind: 'view',

        initialize(options) {
            app.view.Component.prototype.initialize.call(this, options);
            this.fields = {};
            this.action = this.meta.action || 'detail';
            this.fallbackFieldTemplate = this.fallbackFieldTemplate || 'detail';
            this.template = this.meta.template
                ? app.template.getView(this.meta.template, this.module)
                : app.template.getView(this.name, this.module) || app.template.getView(this.type, this.module);
            this.$el.addClass(this.meta.css_class || '').attr('data-view', this.name);
            this.bindDataChange();
        },

        _render() {
            this._disposeFields();
            this._renderHtml();
            this._renderFields();
        },
        _renderHtml() {
            this.$el.html(this.template ? this.template(this) : '');
        },
        /** Puts every field that the template made into its placeholder. */
        _renderFields() {
            this.$('span[sfuuid]').each((index, span) => {
                const field = this.fields[$(span).attr('sfuuid')];
                if (field && !field.parent) {
                    field.setElement(span);
                    field.render();
                }
            });
        },
        _disposeFields() {
            _.invoke(this.fields, 'dispose');
            this.fields = {};
        },

        getField(name) {
            return _.find(this.fields, field => field.name === name);
        },
        getFieldNames() {
            return _.uniq(_.compact(_.pluck(_.flatten(_.pluck(this.meta.panels || [], 'fields'), true), 'name')));
        },
        loadData(options) {
            if (this.context) {
                this.context.loadData(options);
            }
        },
        _dispose() {
            this._disposeFields();
            app.view.Component.prototype._dispose.call(this);
        },
    });
})(SUGAR.App);
