/*
 * One window of the dock with a chat or the texts of a session. It draws what app.riverline knows; only the words in the
 * composer and the place in the log are its own.
 */
({
    tagName: 'section',
    className: 'rl-win',
    plugins: ['RiverlineWhoseStrip', 'RiverlineConsentStrip'],
    events: {
        'click [data-rl-action=minimise]': '_minimise',
        'click [data-rl-action=expand]': '_expand',
        'click [data-rl-action=close]': '_close',
        'click [data-rl-action=send]': '_send',
        'click [data-rl-action=older]': '_older',
        'click [data-rl-action=retry]': '_retry',
        'click [data-rl-action=later]': '_retry',
        'click [data-rl-action=cancel]': '_callOff',
        'click [data-rl-action=picture]': '_look',
        'click [data-rl-action=picture-show]': '_getPicture',
        'click [data-rl-action=picture-again]': '_getPicture',
        'click [data-rl-action=again]': '_again',
        'click [data-rl-action=new]': '_startNew',
        'click [data-rl-action=sign-in]': '_signIn',
        'click [data-rl-action=replace]': '_replace',
        'click [data-rl-action=link]': '_link',
        'click [data-rl-action=link-again]': '_linkAgain',
        'click [data-rl-action=relink]': '_relink',
        'click [data-rl-action=link-to]': '_chooseModule',
        'click [data-rl-action=link-module]': '_linkInModule',
        'click [data-rl-action=create-contact]': '_createContact',
        'click [data-rl-action=check-consent]': '_checkConsent',
        'click [data-rl-action=block]': '_block',
        'click [data-rl-action=no-opt-out]': '_noOptOut',
        'click [data-rl-action=record-consent]': '_askHow',
        'click [data-rl-action=keep-block]': '_askHow',
        'submit .rl-consent': '_recordConsent',
        'keydown': '_key',
        'keydown .rl-text': '_textKey',
        'input .rl-text': '_input'
    },

    initialize: function(options) {
        this._super('initialize', [options]);
        this.windowId = this.meta.window;
        this.atEnd = true;
        this.drawnTop = null;
        this.placeholder = '';
        this._sayLater = _.debounce(_.bind(this._say, this), 1000);
        this.listenTo(app.riverline.desk, 'draft', this._draftCameBack);
        this.$el.attr({role: 'dialog', 'aria-labelledby': this.cid + '-title'});
    },

    _render: function() {
        var self = this;
        this._super('_render');
        this.$('.rl-text').val(app.riverline.desk.draft(this.windowId)).attr('aria-describedby', this.cid + '-count');
        this.$('.rl-count').attr('id', this.cid + '-count');
        this.$('.rl-log').on('scroll', function() {
            self._scrolled(this);
        });
        // A short cut for the mouse. Not among `events`: Sugar would make the title a stop of the Tab key.
        this.$('.rl-title').on('click', '.rl-who', function() {
            self._clickTitle();
        });
        this.draw(app.riverline.desk.windows.get(this.windowId));
    },

    draw: function(item) {
        if (this.disposed || !item) {
            return;
        }
        var desk = app.riverline.desk;
        var face = app.riverline.face(desk, app.riverline.texts, item);
        var hadFocus = this.$el.has(document.activeElement).length > 0;
        this.$el.toggleClass('rl-min', item.minimised).toggleClass('rl-closing', !!item.closing)
            .attr(_.pick({
                'data-rl-window': item.kind, 'data-member-id': item.memberId, 'data-peer': face.peer,
                'data-conversation-id': item.conversationId
            }, Boolean));
        this._drawHtml('.rl-title', 'title', _.extend({minimised: item.minimised, titleId: this.cid + '-title',
            isText: item.kind === 'sms'}, face, {unread: item.minimised ? face.unread : 0}));
        if (item.minimised) {
            // Hidden, a browser may forget where the log was.
            this.drawnTop = null;
            app.riverline.keepFocus(this.$('.rl-title'), hadFocus);
            return;
        }
        this._drawStrips(face);
        this._drawWhose(face.link);
        this._drawSuspicion(face.suspicion);
        this._drawNoTexts(face.noTexts);
        this._drawLog(desk, item, face);
        this._drawComposer(desk, item, face);
    },

    /** The user opened this window: he wants to write. */
    focus: function() {
        this.$('.rl-text').trigger('focus');
    },

    _drawStrips: function(face) {
        this._drawHtml('.rl-strip', 'strip', face.strip || {});
        this.$('.rl-strip').toggle(!!face.strip);
        this._drawHtml('.rl-note', 'words', face.note || {});
        this.$('.rl-note').toggle(!!face.note).attr('data-note-state', face.note ? face.note.state : null);
        this.$('.rl-offline').text(face.offline || '').toggle(!!face.offline && !face.strip);
    },

    _drawLog: function(desk, item, face) {
        var log = this.$('.rl-log')[0];
        if (this.drawnTop !== null && log.scrollTop !== this.drawnTop) {
            // He has scrolled, and the browser's word of it is still on its way.
            this._lookAtEnd(log);
        }
        var anchor = this.atEnd ? null : app.riverline.anchor(log);
        var template = app.template.get('riverline-conversation.line');
        var rows = app.riverline.lines(desk, app.riverline.texts, item).map(function(row) {
            return {key: row.key, html: template(row)};
        });
        if (face.canGoBack) {
            rows.unshift({key: 'older', html: app.template.get('riverline-conversation.older')({})});
        }
        app.riverline.drawRows(log, rows);
        this._drawPictures(desk, log);
        this.$('.rl-typing').text(face.typing).toggle(!!face.typing);
        log.setAttribute('aria-busy', desk.contents.isBusy(item.id) ? 'true' : 'false');
        // Whoever is at the end sees new words come; whoever reads further up keeps what he is looking at.
        log.scrollTop = anchor ? anchor() : log.scrollHeight;
        this.drawnTop = log.scrollTop;
    },

    /** Their bytes are no part of a row's words, which are compared at each drawing. */
    _drawPictures: function(desk, log) {
        var self = this;
        this.$('.rl-pic').each(function() {
            var url = desk.pictures.url($(this).attr('data-picture-id'));
            var $image = $(this).children('.rl-img');
            if (url && $image.attr('src') !== url) {
                // How high it is shows when it is there.
                $image.one('load', function() {
                    if (self.atEnd) {
                        self.drawnTop = log.scrollTop = log.scrollHeight;
                    }
                }).attr('src', url);
            }
        });
    },

    /** Full size, over the page. */
    _look: function(event) {
        var $thumbnail = $(event.currentTarget);
        this._stopLooking();
        this.look = app.view.createView({
            type: 'riverline-picture', name: 'riverline-picture', module: null, context: app.context.getContext({}),
            meta: {url: $thumbnail.children('.rl-img').attr('src'), alt: $thumbnail.children('.rl-img').attr('alt')}
        });
        this.look.render();
        this.$el.parent().append(this.look.$el);
        this.listenTo(this.look, 'close', function() {
            this._stopLooking();
            this.$('.rl-pic[data-picture-id="' + $thumbnail.attr('data-picture-id') + '"]').trigger('focus');
        });
        this.look.focus();
    },

    _stopLooking: function() {
        if (this.look) {
            this.stopListening(this.look);
            this.look.dispose();
            this.look = null;
        }
    },

    _getPicture: function(event) {
        var $button = $(event.currentTarget);
        var message = $button.closest('[data-message-id]').attr('data-message-id');
        var picture = $button.closest('[data-picture-id]').attr('data-picture-id');
        app.riverline.desk.getPicture(this.windowId, message, picture, $button.attr('data-rl-action') === 'picture-show');
        // The button goes; what becomes of the picture is said in the log.
        this.$('.rl-log').trigger('focus');
    },

    _drawComposer: function(desk, item, face) {
        // The loser of a claim keeps his words, as whoever met a STOP does: to read and to copy, not to send.
        var keptWords = (face.lost || !!face.noTexts) && !!this.$('.rl-text').val();
        // A class: jQuery 1 would show a detached element with its own idea of `display`.
        this.$('.rl-write').toggleClass('rl-off', !face.canWrite && !keptWords).toggleClass('rl-kept', keptWords);
        this.$('.rl-text').prop('readonly', keptWords);
        if (face.placeholder !== this.placeholder) {
            this.placeholder = face.placeholder;
            this.$('.rl-text').attr({placeholder: face.placeholder, 'aria-label': face.placeholder});
        }
        this._count(item);
        this._grow();
        if (this.moveFocus) {
            this.$(face.canWrite || keptWords ? '.rl-text' : '.rl-log').trigger('focus');
            this.moveFocus = false;
        }
    },

    /** Texts cost by length, so their count is always in sight; a chat's only when it gets near the end. */
    _count: function(item) {
        var text = this.$('.rl-text').val();
        var limit = app.riverline.desk.contents.limit(item);
        var used = app.riverline.characters(text);
        var cost = item.kind === 'sms' ? app.riverline.cost(app.riverline.texts, text, limit) :
            {count: used > limit * 0.9 ? used + ' / ' + limit : '', over: used > limit, foreign: '', said: ''};
        this.$('.rl-count').text(cost.count).toggle(!!cost.count).toggleClass('rl-over', cost.over);
        this._drawHtml('.rl-foreign', 'foreign', cost);
        this.$('.rl-foreign').toggle(!!cost.foreign);
        this.said = cost.said;
        this._sayLater();
    },

    /** A screen reader hears of it when the writing rests, not at each key. */
    _say: function() {
        if (!this.disposed && this.$('.rl-said').text() !== this.said) {
            this.$('.rl-said').text(this.said);
        }
    },

    /** The writer goes on where he was. */
    _replace: function() {
        var area = this.$('.rl-text')[0];
        var at = app.riverline.plainText(area.value.slice(0, area.selectionStart)).text.length;
        area.value = app.riverline.plainText(area.value).text;
        this._input({currentTarget: area});
        this.focus();
        area.setSelectionRange(at, at);
    },

    _grow: function() {
        var area = this.$('.rl-text')[0];
        area.style.height = 'auto';
        area.style.height = Math.min(area.scrollHeight + 2, 120) + 'px';
    },

    _drawHtml: function(selector, template, data) {
        app.riverline.drawHtml(this.$(selector)[0], app.template.get('riverline-conversation.' + template)(data));
    },

    _lookAtEnd: function(log) {
        this.atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 24;
    },

    _scrolled: function(log) {
        var item = app.riverline.desk && app.riverline.desk.windows.get(this.windowId);
        if (!item || item.minimised) {
            return;
        }
        this.drawnTop = log.scrollTop;
        this._lookAtEnd(log);
        if (log.scrollTop < 40 && log.scrollHeight > log.clientHeight) {
            app.riverline.desk.loadOlder(this.windowId);
        }
    },

    _send: function() {
        if (this.$('.rl-text').prop('readonly')) {
            return;
        }
        if (app.riverline.desk.send(this.windowId, this.$('.rl-text').val())) {
            this.$('.rl-text').val('');
            this.atEnd = true;
            this.draw(app.riverline.desk.windows.get(this.windowId));
        }
        this.focus();
    },

    _textKey: function(event) {
        if (event.key === 'Enter' && !event.shiftKey && !this._composing(event)) {
            event.preventDefault();
            this._send();
        }
    },

    _input: function(event) {
        var desk = app.riverline.desk;
        var text = event.currentTarget.value;
        desk.saveDraft(this.windowId, text);
        if (text) {
            desk.typing(this.windowId);
        }
        this._count(desk.windows.get(this.windowId));
        this._grow();
    },

    _draftCameBack: function(id) {
        if (id === this.windowId && !this.disposed) {
            this.$('.rl-text').val(app.riverline.desk.draft(id));
            this.draw(app.riverline.desk.windows.get(id));
        }
    },

    /** While an input method composes a character, the keys belong to it; Safari tells by the code 229 alone. */
    _composing: function(event) {
        return event.which === 229 || !!(event.originalEvent && event.originalEvent.isComposing);
    },

    _key: function(event) {
        if (event.key === 'Escape' && !this._composing(event)) {
            event.stopPropagation();
            if (this.recording && $(event.target).closest('.rl-no-texts').length) {
                this._askHow();
            } else if (this.choosing && $(event.target).closest('.rl-whose').length) {
                this._chooseModule();
            } else if (this.$('.rl-whose [data-rl-action=relink]').length && $(event.target).closest('.rl-whose').length) {
                this._relink();
            } else {
                this._minimise();
            }
        }
    },

    _clickTitle: function() {
        if (app.riverline.desk.windows.get(this.windowId).minimised) {
            this._expand();
        }
    },

    _retry: function(event) {
        var $button = $(event.currentTarget);
        var id = $button.closest('[data-message-id]').attr('data-message-id');
        app.riverline.desk.retry(this.windowId, id, $button.attr('data-rl-action') === 'later');
    },

    /** Its button goes; the log says aloud what became of the text. */
    _callOff: function(event) {
        var id = $(event.currentTarget).closest('[data-message-id]').attr('data-message-id');
        app.riverline.desk.callOff(this.windowId, id);
        this.focus();
    },

    _older: function() {
        app.riverline.desk.loadOlder(this.windowId);
    },

    _again: function() {
        app.riverline.desk.again(this.windowId);
    },

    _startNew: function() {
        app.riverline.desk.startNew(this.windowId);
    },

    _signIn: function() {
        app.riverline.desk.signInAgain();
    },

    _conversation: function() {
        return app.riverline.desk.windows.get(this.windowId).conversationId;
    },

    _minimise: function() {
        app.riverline.desk.minimise(this.windowId);
    },

    _expand: function() {
        app.riverline.desk.expand(this.windowId);
    },

    _close: function() {
        app.riverline.desk.close(this.windowId);
    },

    _dispose: function() {
        this._stopLooking();
        this._super('_dispose');
    }
})
