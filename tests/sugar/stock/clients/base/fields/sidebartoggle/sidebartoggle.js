/* Gives the record the whole width, or not. */
({
    events: {'click button': '_toggle'},

    initialize: function(options) {
        this._super('initialize', [options]);
        this.label = app.lang.get('LBL_TOGGLE_WIDTH');
    },
    _toggle: function() {
        this.$el.closest('.main-pane').toggleClass('wide');
    },
})
