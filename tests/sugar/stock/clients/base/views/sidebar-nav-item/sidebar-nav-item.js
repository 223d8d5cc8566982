/* An item of the side bar. Packages extend it and say in primaryActionOnClick what a click does. */
({
    events: {'click .sidebar-nav-item-btn': 'primaryActionOnClick'},

    initialize: function(options) {
        this._super('initialize', [options]);
        this.icon = this.meta.icon;
        this.label = app.lang.get(this.meta.label);
    },

    primaryActionOnClick: function(evt) {
        app.router.navigate(this.meta.route, {trigger: true});
    },
})
