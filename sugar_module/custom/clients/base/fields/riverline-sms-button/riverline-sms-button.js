/*
 * The SMS icon among the buttons of a record: opens the window for a text to its usual number. A record with other numbers
 * has a menu of all beside it.
 */
({
    events: {
        'click [data-rl-action=sms]': '_open',
        'click [data-rl-action=sms-more]': '_toggle',
        'click [data-rl-action=sms-number]': '_openNumber',
        'keydown [data-rl-action=sms]': '_key',
        'keydown .rl-sms-choice': '_menuKey',
        'focusout .rl-sms-choice': '_leave'
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
        var riverline = app.riverline;
        if (riverline && riverline.texts && this.model) {
            this.phoneField = riverline.usualField(this.model);
            var numbers = riverline.numbersOf(this.model);
            var others = _.reject(numbers, {name: this.phoneField});
            this.$el.html(riverline.smsIcon(this.model, this.phoneField) + (others.length ? riverline.smsChoice(this.model, numbers) : ''));
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

    _openNumber: function(event) {
        this._show(false);
        app.riverline.text(this.model, $(event.currentTarget).attr('data-field'));
    },

    _key: function(event) {
        if (event.key === 'Enter' || event.key === ' ') {
            this._open(event);
        }
    },

    _toggle: function() {
        this._show(this.$('.rl-sms-menu').is('.rl-hidden'));
    },

    _show: function(open) {
        this.$('[data-rl-action=sms-more]').attr('aria-expanded', open ? 'true' : 'false');
        this.$('.rl-sms-menu').toggleClass('rl-hidden', !open);
        if (open) {
            this.$('[data-rl-action=sms-number]').first().trigger('focus');
        }
    },

    /** The keys of a menu: arrows go round, Escape leads back to its button. */
    _menuKey: function(event) {
        var $items = this.$('[data-rl-action=sms-number]');
        var at = $items.index(event.target);
        var to = {ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1};
        if (event.key === 'Escape') {
            event.stopPropagation();
            this._show(false);
            this.$('[data-rl-action=sms-more]').trigger('focus');
        } else if (at >= 0 && _.has(to, event.key)) {
            event.preventDefault();
            $items.eq(to[event.key] % $items.length).trigger('focus');
        } else if (at < 0 && event.key === 'ArrowDown') {
            event.preventDefault();
            this._show(true);
        }
    },

    /** Whoever goes elsewhere leaves no open menu behind. */
    _leave: function(event) {
        if (!$.contains(event.currentTarget, event.relatedTarget)) {
            this._show(false);
        }
    }
})
