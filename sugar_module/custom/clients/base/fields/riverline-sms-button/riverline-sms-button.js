/*
 * The SMS icon among the buttons of a record: opens the window for a text to the record's mobile number.
 */
({
    events: {
        'click [data-rl-action=sms]': '_open',
        'keydown [data-rl-action=sms]': '_key'
    },

    initialize: function(options) {
        this._super('initialize', [options]);
        this.phoneField = this.def.phone_field || 'phone_mobile';
    },

    bindDataChange: function() {
        this._super('bindDataChange');
        if (this.model) {
            this.listenTo(this.model, 'change', this._refresh);
        }
    },

    _render: function() {
        this._super('_render');
        this.$el.addClass('rl-sms-button');
        if (app.riverline && app.riverline.texts && this.model) {
            this.$el.html(app.riverline.smsIcon(this.model, this.phoneField));
        }
    },

    _refresh: function() {
        if (!this.disposed) {
            this.render();
        }
    },

    _open: function(event) {
        event.preventDefault();
        event.stopPropagation();
        app.riverline.text(this.model, this.phoneField);
    },

    _key: function(event) {
        if (event.key === 'Enter' || event.key === ' ') {
            this._open(event);
        }
    }
})
