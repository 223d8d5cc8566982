/*
 * "Live Chat" in the side bar of newer releases. Sugar draws the item; we add the badge.
 */
({
    extendsFrom: 'SidebarNavItemView',

    initialize: function(options) {
        this._super('initialize', [options]);
        if (app.riverline) {
            this.listenTo(app.riverline, 'change', this._badge);
        }
    },

    primaryActionOnClick: function() {
        app.riverline.toggleMembers();
    },

    _render: function() {
        // Without the start-up script there is nothing to open: the page must not suffer from it.
        if (!app.riverline) {
            return;
        }
        this._super('_render');
        this.$el.attr({'data-rl-launcher': 'nav', 'data-rl-action': 'members'});
        this._badge();
        app.riverline.arrangeLaunchers();
    },

    _badge: function() {
        if (this.disposed) {
            return;
        }
        var face = app.riverline.launcherFace();
        this.$el.children('.rl-badge').remove();
        this.$el.toggleClass('rl-open', face.isOpen).attr('title', face.title);
        if (face.unread) {
            $('<span class="rl-badge rl-nav-badge"></span>').text(face.unread)
                .attr('aria-label', app.lang.get('LBL_RL_UNREAD')).appendTo(this.$el);
        }
    }
})
