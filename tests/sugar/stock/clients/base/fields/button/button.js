/* A button whose DOM events become events of the context. Whoever may not do it does not see it. */
({
    tagName: 'span',

    initialize: function(options) {
        this.events = _.extend({}, this.events, this._domEvents(options.def.events));
        this._super('initialize', [options]);
        this.label = options.def.label ? app.lang.get(options.def.label, this.module) : '';
        this.tooltip = options.def.tooltip ? app.lang.get(options.def.tooltip, this.module) : '';
        this.cssClass = options.def.css_class || '';
        this.icon = options.def.icon || '';
    },

    _domEvents: function(definition) {
        return _.object(_.map(definition || {}, function(contextEvent, domEvent) {
            return [domEvent + ' .btn', function() {
                if (!this.isDisabled) {
                    this.context.trigger(contextEvent, this.model, this.def);
                }
            }];
        }));
    },

    hasAccess: function() {
        var action = this.def.acl_action;
        if (!action) {
            return true;
        }
        return this.def.acl_module || !this.model
            ? app.acl.hasAccess(action, this.def.acl_module || this.module)
            : app.acl.hasAccessToModel(action, this.model);
    },

    _render: function() {
        this._super('_render');
        this.$el.toggleClass('hide', !this.hasAccess());
        this.setDisabled(!!this.isDisabled);
    },
    show: function() {
        if (this.hasAccess()) {
            this._super('show');
        }
    },
    bindDataChange: function() {},
})
