/* The top of the drawer in which a record is chosen: "Cancel" closes it with nothing. */
({
    extendsFrom: 'HeaderpaneView',

    initialize: function(options) {
        this._super('initialize', [options]);
        this.listenTo(this.context, 'button:cancel_button:click', function() { app.drawer.close(); });
    },
})
