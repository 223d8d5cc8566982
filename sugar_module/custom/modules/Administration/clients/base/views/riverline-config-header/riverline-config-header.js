/*
 * The head of the admin page: title, Cancel and Save.
 */
({
    initialize: function(options) {
        this._super('initialize', [options]);
        this.listenTo(this.context, 'button:cancel_button:click', this._cancel);
        this.listenTo(this.context, 'riverline:saving', this._busy);
    },

    _cancel: function() {
        app.router.navigate('Administration', {trigger: true});
    },

    _busy: function(is) {
        var button = this.getField('save_button');
        if (button) {
            button.setDisabled(is);
        }
    }
})
