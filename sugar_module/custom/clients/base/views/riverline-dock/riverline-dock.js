/*
 * The dock at the bottom right: one view per open window, kept while the user goes through Sugar.
 */
({
    className: 'rl-dock',

    initialize: function(options) {
        this._super('initialize', [options]);
        this.windows = {};
        this._resize = _.bind(_.debounce(this._fit, 100), this);
        this.$el.attr({
            id: 'riverline-dock', role: 'region', dir: app.lang.direction === 'rtl' ? 'rtl' : 'ltr',
            'aria-label': app.lang.get('LBL_RL_DOCK')
        });
        this.listenTo(app.riverline.desk, 'change', this.draw);
        this.listenTo(app.riverline.desk, 'focus', this._focus);
        this.listenTo(app.riverline.desk.windows, 'merged', this._merged);
        this.listenTo(app.riverline, 'arranged', this._sit);
        $(window).on('resize focus', this._resize);
    },

    _render: function() {
        this._super('_render');
        _.each(this.windows, function(view) {
            this.$el.append(view.$el);
        }, this);
        this.draw();
    },

    draw: function() {
        if (this.disposed) {
            return;
        }
        var desk = app.riverline.desk;
        this.$el.attr('data-rl-status', desk.status);
        _.each(this.windows, function(view, id) {
            if (!desk.windows.get(id)) {
                this._remove(id);
            }
        }, this);
        desk.windows.list().forEach(function(item) {
            if (!this.windows[item.id]) {
                this._add(item);
            }
            this.windows[item.id].draw(item);
        }, this);
    },

    _add: function(item) {
        var type = item.kind === 'members' ? 'riverline-members' : 'riverline-conversation';
        var view = app.view.createView({
            type: type, name: type, module: null, meta: {window: item.id}, context: app.context.getContext({})
        });
        this.windows[item.id] = view;
        view.render();
        if (item.kind === 'members') {
            this.$el.prepend(view.$el);
        } else {
            this.$el.append(view.$el);
        }
        this._fit();
    },

    _remove: function(id) {
        var view = this.windows[id];
        var hadFocus = view.$el.has(document.activeElement).length > 0;
        delete this.windows[id];
        view.dispose();
        if (hadFocus) {
            $('[data-rl-action=members]:visible').first().trigger('focus');
        }
    },

    _focus: function(id) {
        this.draw();
        this._fit();
        if (this.windows[id]) {
            this.windows[id].focus();
        }
    },

    /** Who was in the window that gave way goes on in the one that stays. */
    _merged: function(from, into) {
        if (this.windows[from] && this.windows[from].el.contains(document.activeElement)) {
            this._focus(into);
        }
    },

    _fit: function() {
        if (!this.disposed) {
            var writing = _.findKey(this.windows, function(view) {
                return view.el.contains(document.activeElement);
            });
            app.riverline.desk.fit(window.innerWidth - 32, writing);
        }
    },

    /** On top of the bar that holds the launcher, where that is at the bottom of the page. */
    _sit: function() {
        var bar = $('[data-rl-launcher=footer], [data-rl-launcher=bar]').filter(':visible')[0];
        var top = bar ? ($(bar).closest('#footer, .rl-bar')[0] || bar).getBoundingClientRect().top : 0;
        var height = window.innerHeight - top;
        this.$el.css('bottom', height > 0 && height < 90 ? height : 0);
    },

    _dispose: function() {
        $(window).off('resize focus', this._resize);
        _.each(this.windows, function(view) {
            view.dispose();
        });
        this.windows = {};
        this._super('_dispose');
    }
})
