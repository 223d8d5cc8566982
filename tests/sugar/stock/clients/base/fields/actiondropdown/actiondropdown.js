/* Actions in one place: the first as a button, the others in a menu behind it. */
({
    extendsFrom: 'ButtonField',

    _render: function() {
        this._disposeChildren();
        this.children = _.filter(_.map(this.def.buttons, this._child, this), function(child) {
            return !child.isAllowedDropdownButton || child.isAllowedDropdownButton();
        });
        this.hasMenu = this.children.length > 1;
        this.moreLabel = app.lang.get('LBL_MORE_ACTIONS');
        this._super('_render');
        this.$el.toggleClass('hide', this.children.length === 0);
        _.each(this.children, function(child, index) {
            var $place = index === 0 ? this.$('.first-action') : $('<li></li>').appendTo(this.$('.dropdown-menu'));
            child.render().$el.appendTo($place);
        }, this);
        this.$('.first-action a').addClass('btn' + (this.def.primary ? ' btn-primary' : '') + (this.hasMenu ? ' btn-first' : ''));
    },

    _child: function(definition) {
        return app.view.createField({
            def: definition, view: this.view, parent: this, context: this.context, model: this.model, viewName: 'detail',
        });
    },
    _disposeChildren: function() {
        _.each(this.children || [], function(child) {
            if (this.view) {
                delete this.view.fields[child.sfId];
            }
            child.dispose();
        }, this);
        this.children = [];
    },
    _dispose: function() {
        this._disposeChildren();
        this._super('_dispose');
    },
})
