/* Field: one value of a record, or a button; a template per action, formatting to the screen and back. */
(function(app) {
    app.view.Field = app.view.Component.extend({
        kind: 'field',
        tagName: 'span',
        fieldTag: 'input',

        initialize(options) {
            app.view.Component.prototype.initialize.call(this, options);
            this.view = options.view;
            this.parent = options.parent;
            this.sfId = options.sfId;
            this.name = this.def.name;
            this.type = this.def.type || 'base';
            this.label = app.lang.get(this.def.label || this.name, this.module);
            this.action = options.viewName || 'detail';
            this.tplName = this.action;
            this.bindDataChange();
        },

        /** Typing does not draw the field anew under the cursor. */
        bindDataChange() {
            if (this.model && this.name) {
                this.listenTo(this.model, 'change:' + this.name, function() {
                    if (this.action !== 'edit') {
                        this.render();
                    }
                });
            }
        },
        bindDomChange() {
            this.$(this.fieldTag).on('change input', evt => this.model.set(this.name, this.unformat($(evt.currentTarget).val())));
        },

        _render() {
            this._loadTemplate();
            this.value = this.format(this.model ? this.model.get(this.name) : undefined);
            this.$el.attr('data-fieldname', this.name).html(this.mayRead() ? this.template(this) : app.template.getField('base', 'noaccess')(this));
            if (this.action === 'edit' && this.model) {
                this.$(this.fieldTag).val(this.value);
                this.bindDomChange();
            }
        },
        _loadTemplate() {
            const fallback = this.view && this.view.fallbackFieldTemplate;
            this.template = app.template.getField(this.type, this.tplName, this.module, fallback) || (() => '');
        },
        mayRead() {
            return !this.model || app.acl.hasAccessToModel('read', this.model, this.name);
        },

        format: value => value,
        unformat: value => value,

        setMode(name) {
            this.action = this.tplName = name;
            this.render();
        },
        setDisabled(disabled) {
            this.isDisabled = disabled !== false;
            this.$('a, button, input, textarea, select').toggleClass('disabled', this.isDisabled).prop('disabled', this.isDisabled);
        },
    });
})(SUGAR.App);
