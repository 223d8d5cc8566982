/*
 * Whether they want texts, in the window of a session: a text that looks like an opt-out, why no text goes out, and the
 * form for how they said that they want texts again. A plugin of the conversation view, which has the template and the
 * table of events.
 */
(function(app) {
    'use strict';

    app.events.on('app:init', function() {
        app.plugins.register('RiverlineConsentStrip', ['view'], {
            onAttach: function() {
                this.recording = false;
            },

            /** Of which text the buttons speak is kept with them. */
            _drawSuspicion: function(suspicion) {
                var $suspicion = this.$('.rl-suspicion');
                var hadFocus = $suspicion.has(document.activeElement).length > 0;
                $suspicion.toggle(!!suspicion);
                if (suspicion) {
                    this._drawHtml('.rl-suspicion-words', 'suspicion', suspicion);
                    this.$('.rl-suspicion-problem').text(suspicion.problem).toggle(!!suspicion.problem);
                    $suspicion.attr({'data-message-id': suspicion.messageId, 'aria-busy': suspicion.busy ? 'true' : 'false'});
                } else if (hadFocus) {
                    this.$('.rl-log').trigger('focus');
                    this.focus();
                }
            },

            /** Why no text goes out, and for an administrator where to write down that they want texts again. */
            _drawNoTexts: function(noTexts) {
                var $noTexts = this.$('.rl-no-texts');
                var hadFocus = $noTexts.add(this.$('.rl-write')).has(document.activeElement).length > 0;
                var wasShown = $noTexts.is(':visible');
                $noTexts.toggle(!!noTexts);
                this.recording = this.recording && !!noTexts;
                if (noTexts) {
                    this._drawHtml('.rl-no-texts-words', 'no-texts', {
                        words: noTexts.words, check: noTexts.action === 'check' && !noTexts.busy,
                        record: noTexts.action === 'record' && !this.recording && app.riverline.sugar.isAdmin()
                    });
                    this.$('.rl-no-texts-problem').text(noTexts.problem).toggle(!!noTexts.problem);
                    $noTexts.attr('aria-busy', noTexts.busy ? 'true' : 'false');
                }
                this.$('.rl-consent').toggle(this.recording);
                // The composer goes, or comes back: whoever was here stays in the window.
                this.moveFocus = hadFocus && wasShown !== !!noTexts;
            },

            _block: function() {
                var desk = app.riverline.desk;
                desk.consent.optOut(desk.store.get(this._conversation()).conversation, this._suspected());
            },

            _noOptOut: function() {
                var desk = app.riverline.desk;
                desk.consent.dismiss(desk.store.get(this._conversation()).conversation, this._suspected());
            },

            _suspected: function() {
                var entry = app.riverline.desk.store.get(this._conversation());
                return entry.messages.get(this.$('.rl-suspicion').attr('data-message-id'));
            },

            _checkConsent: function() {
                app.riverline.desk.consent.check(app.riverline.desk.store.get(this._conversation()).conversation);
                this.$('.rl-log').trigger('focus');
            },

            /** Opens the form for how they said that they want texts again, or folds it up. */
            _askHow: function() {
                this.recording = !this.recording;
                app.riverline.desk.consent.forget(this._conversation());
                this.draw(app.riverline.desk.windows.get(this.windowId));
                this.$(this.recording ? '.rl-how' : '[data-rl-action=record-consent]').trigger('focus');
            },

            _recordConsent: function(event) {
                var self = this;
                event.preventDefault();
                var conversation = app.riverline.desk.store.get(this._conversation()).conversation;
                app.riverline.desk.consent.optIn(conversation, this.$('.rl-how').val()).then(function(done) {
                    if (done && !self.disposed) {
                        self.$('.rl-how').val('');
                    }
                });
            }
        });
    });
})(SUGAR.App);
