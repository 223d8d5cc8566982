/* A legacy page in a frame, dressed like the rest. */
({
    initialize: function(options) {
        this._super('initialize', [options]);
        this.url = '/' + this.context.get('url');
        this.title = app.lang.get('LBL_LEGACY_PAGE');
    },

    _renderHtml: function() {
        this._super('_renderHtml');
        this.$('iframe').on('load', function() {
            var page = this.contentDocument;
            $('<link rel="stylesheet" href="/sidecar/theme/legacy.css">', page).appendTo(page.head);
        });
    },

    loadData: function() {},
})
