/*
 * Company Members: who is there, own presence, and the way into a chat by double click, Enter or the Chat button.
 */
({
    tagName: 'section',
    className: 'rl-win rl-members',
    events: {
        'click [data-rl-action=minimise]': '_minimise',
        'click [data-rl-action=expand]': '_expand',
        'click [data-rl-action=close]': '_close',
        'click [data-rl-action=chat]': '_chat',
        'click [data-rl-action=sign-in]': '_signIn',
        'click [data-rl-text]': '_text',
        'dblclick [data-rl-row]': '_chat',
        'keydown': '_key',
        'keydown [data-rl-row]': '_rowKey',
        'focusin [data-rl-row]': '_rowFocus',
        'input .rl-find': '_search',
        'change .rl-my-presence': '_choose'
    },

    initialize: function(options) {
        this._super('initialize', [options]);
        this.search = '';
        this.rowId = null;
        this.choices = ['available', 'busy', 'do_not_disturb', 'away'].map(function(state) {
            return {value: state, word: app.riverline.texts.presence(state)};
        });
        this.$el.attr({role: 'dialog', 'data-rl-window': 'members', 'aria-label': app.lang.get('LBL_RL_MEMBERS')});
    },

    _render: function() {
        this._super('_render');
        this.draw(app.riverline.desk.windows.get('members'));
    },

    draw: function(item) {
        var riverline = app.riverline;
        var desk = riverline.desk;
        if (this.disposed || !item) {
            return;
        }
        var hadFocus = this.$el.has(document.activeElement).length > 0;
        this.$el.toggleClass('rl-min', item.minimised);
        this._draw('.rl-title', 'riverline-conversation.title', {
            title: riverline.texts.word('LBL_RL_MEMBERS'), minimised: item.minimised,
            unread: item.minimised ? desk.store.loaded && desk.store.unreadTotal() : 0
        });
        var words = riverline.statusWords(desk, riverline.texts);
        var problem = desk.contents.problem('members');
        this._draw('.rl-strip', 'riverline-conversation.strip', riverline.strip(riverline.texts, {
            words: problem ? riverline.texts.problem(problem) : words,
            action: !problem && desk.status === 'refused' ? 'sign-in' : null
        }));
        this.$('.rl-strip').toggle(!!words || !!problem);
        if (item.minimised) {
            riverline.keepFocus(this.$('.rl-title'), hadFocus);
        } else if (desk.store.loaded) {
            this._drawPeople(desk);
        }
    },

    focus: function() {
        this.$('.rl-find').trigger('focus');
    },

    _drawPeople: function(desk) {
        var texts = app.riverline.texts;
        var people = app.riverline.people(desk, texts, this.search);
        var ids = _.compact(_.pluck(people, 'id'));
        if (!_.contains(ids, this.rowId)) {
            this.rowId = ids[0];
        }
        app.riverline.drawRows(this.$('.rl-people')[0], this._rows('row', people));
        app.riverline.drawRows(this.$('.rl-texts')[0], this._rows('text', app.riverline.waitingTexts(desk, texts)));
        this.$('.rl-texts-title').toggle(this.$('.rl-texts').children().length > 0);
        this.$('.rl-nobody').toggle(!ids.length);
        var own = desk.store.choice || this._shownPresence(desk);
        if (!this.$('.rl-my-presence').is(':focus')) {
            this.$('.rl-my-presence').val(own);
        }
        this.$('.rl-my-dot').attr('data-presence', desk.store.presenceOf(desk.store.me.id).state);
    },

    /** What was chosen in another tab shows in our own presence. */
    _shownPresence: function(desk) {
        var state = desk.store.presenceOf(desk.store.me.id).state;
        return state === 'busy' || state === 'do_not_disturb' ? state : 'available';
    },

    _rows: function(name, rows) {
        var template = app.template.get('riverline-members.' + name);
        return rows.map(function(row) {
            return {key: row.key, html: template(_.extend({tabindex: row.id === this.rowId ? 0 : -1}, row))};
        }, this);
    },

    _draw: function(selector, template, data) {
        app.riverline.drawHtml(this.$(selector)[0], app.template.get(template)(data));
    },

    _chat: function(event) {
        app.riverline.desk.openChat($(event.currentTarget).closest('[data-rl-row]').attr('data-member-id'));
    },

    _text: function(event) {
        app.riverline.desk.openConversation($(event.currentTarget).attr('data-conversation-id'));
    },

    _rowKey: function(event) {
        var $row = $(event.currentTarget);
        var $rows = this.$('[data-rl-row]');
        var to = {ArrowDown: $rows.index($row) + 1, ArrowUp: $rows.index($row) - 1, Home: 0, End: $rows.length - 1};
        if (event.key === 'Enter' || event.key === ' ') {
            event.preventDefault();
            this._chat(event);
        } else if (_.has(to, event.key)) {
            event.preventDefault();
            if (to[event.key] < 0) {
                this.focus();
            } else {
                $rows.eq(to[event.key]).trigger('focus');
            }
        }
    },

    /** One row takes part in the tab order: the one that had the focus last. */
    _rowFocus: function(event) {
        this.rowId = $(event.currentTarget).attr('data-member-id');
        this.$('[data-rl-row]').attr('tabindex', -1);
        $(event.currentTarget).attr('tabindex', 0);
    },

    _key: function(event) {
        if (event.key === 'Escape') {
            event.stopPropagation();
            this._minimise();
        } else if (event.key === 'ArrowDown' && $(event.target).is('.rl-find')) {
            event.preventDefault();
            this.$('[data-rl-row]').first().trigger('focus');
        } else if (event.key === 'Enter' && $(event.target).is('.rl-find')) {
            event.preventDefault();
            this.$('[data-rl-row]').first().trigger('focus');
        }
    },

    _search: function(event) {
        this.search = event.currentTarget.value;
        this._drawPeople(app.riverline.desk);
    },

    _choose: function(event) {
        app.riverline.desk.choosePresence(event.currentTarget.value);
    },

    _minimise: function() {
        app.riverline.desk.minimise('members');
    },

    _expand: function() {
        app.riverline.desk.expand('members');
    },

    _close: function() {
        app.riverline.desk.close('members');
    },

    _signIn: function() {
        app.riverline.desk.signInAgain();
    }
})
