/*
 * One picture in full size over the page, until Escape, a click or its button. Triggers `close`.
 */
({
    className: 'rl-look',
    events: {
        'click': '_close',
        'keydown': '_key'
    },

    initialize: function(options) {
        this._super('initialize', [options]);
        this.$el.attr({role: 'dialog', 'aria-modal': 'true', 'aria-label': this.meta.alt});
    },

    _render: function() {
        this._super('_render');
        this.$('img').attr({src: this.meta.url, alt: this.meta.alt});
    },

    focus: function() {
        this.$('[data-rl-action=close]').trigger('focus');
    },

    /** There is one button, and the focus stays on it. */
    _key: function(event) {
        event.stopPropagation();
        if (event.key === 'Escape') {
            this._close();
        } else if (event.key === 'Tab') {
            event.preventDefault();
        }
    },

    _close: function() {
        this.trigger('close');
    }
})
