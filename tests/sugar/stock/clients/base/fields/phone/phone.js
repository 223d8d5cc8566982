/* A phone number, a link to call it where the administrator switched that on. */
({
    initialize: function(options) {
        this._super('initialize', [options]);
        this.canCall = !!app.metadata.getServerInfo().system_skypeout_on;
    },

    format: function(value) {
        this.callLink = this.canCall && value ? 'tel:' + value.replace(/[^\d+]/g, '') : '';
        return value;
    },
})
