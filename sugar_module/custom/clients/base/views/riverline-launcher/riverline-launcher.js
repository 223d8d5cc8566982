/*
 * "Live Chat" in Sugar's footer, and in the bar of our own where Sugar has no place for it.
 */
({
    tagName: 'span',
    className: 'rl-launcher',
    events: {'click [data-rl-action=members]': '_toggle'},

    initialize: function(options) {
        this._super('initialize', [options]);
        if (app.riverline) {
            this.face = app.riverline.launcherFace();
            this.listenTo(app.riverline, 'change', this._refresh);
        }
    },

    _render: function() {
        // Without the start-up script there is nothing to open: the page must not suffer from it.
        if (!app.riverline) {
            return;
        }
        this.face = app.riverline.launcherFace();
        this._super('_render');
        this.$el.toggleClass('rl-bar', !!this.meta.bar).attr('data-rl-launcher', this.meta.bar ? 'bar' : 'footer');
        if (!this.meta.bar) {
            app.riverline.arrangeLaunchers();
        }
    },

    /** Not a whole render: the button must stay the same one while somebody presses it. */
    _refresh: function() {
        if (this.disposed || _.isEqual(this.face, app.riverline.launcherFace())) {
            return;
        }
        this.face = app.riverline.launcherFace();
        app.riverline.drawHtml(this.el, this.template(this));
    },

    _toggle: function() {
        app.riverline.toggleMembers();
    }
})
