/*
 * Whose number a session's is, in its window: the records that have it, the way to another one or to a new Contact. A
 * plugin of the conversation view, which has the template and the table of events.
 */
(function(app) {
    'use strict';

    app.events.on('app:init', function() {
        app.plugins.register('RiverlineWhoseStrip', ['view'], {
            onAttach: function() {
                this.choosing = false;
            },

            /** Whose number it is, as long as nobody knows or somebody knows better. When that goes the focus does not go with it. */
            _drawWhose: function(link) {
                var $whose = this.$('.rl-whose');
                var hadFocus = $whose.has(document.activeElement).length > 0;
                $whose.toggle(!!link);
                if (!link) {
                    this.choosing = false;
                    if (hadFocus) {
                        this.$('[data-rl-action=close]').trigger('focus');
                        this.focus();
                    }
                    return;
                }
                var riverline = app.riverline;
                this._drawHtml('.rl-whose-words', 'words', link);
                this._drawCandidates('.rl-matches', link.matches);
                this._drawCandidates('.rl-suggestions', link.suggestions);
                this.$('.rl-suggestions-title').toggle(link.suggestions.length > 0);
                this._drawHtml('.rl-whose-problem', 'whose-problem', link);
                this.$('.rl-whose-problem').toggle(!!link.problem);
                this._drawHtml('.rl-whose-actions', 'whose-actions', {
                    changing: link.changing, choosing: this.choosing, expanded: this.choosing ? 'true' : 'false', mayCreate: riverline.sugar.mayCreate(),
                    modules: riverline.sugar.modules().map(function(module) {
                        return {module: module, word: riverline.texts.module(module)};
                    })
                });
                $whose.attr('aria-busy', link.busy ? 'true' : 'false');
            },

            _drawCandidates: function(selector, records) {
                var template = app.template.get('riverline-conversation.candidate');
                app.riverline.drawRows(this.$(selector)[0], records.map(function(record) {
                    return {key: record.key, html: template(record)};
                }));
                this.$(selector).toggle(records.length > 0);
            },

            _link: function(event) {
                app.riverline.desk.linking.link(this._conversation(), {
                    module: $(event.currentTarget).attr('data-module'), id: $(event.currentTarget).attr('data-record-id')
                });
            },

            /** Offers other records than the one that is linked, or no longer. */
            _relink: function() {
                var desk = app.riverline.desk;
                desk.linking.change(desk.store.get(this._conversation()).conversation);
                this.choosing = false;
                this.draw(desk.windows.get(this.windowId));
                var $offered = this.$('.rl-whose:visible [data-rl-action=link-to]');
                ($offered.length ? $offered : this.$('.rl-title [data-rl-action=relink]')).trigger('focus');
            },

            /** This button goes with the words beside it, so the focus goes first. */
            _linkAgain: function() {
                this.$('[data-rl-action=link-to]').trigger('focus');
                app.riverline.desk.linking.again(this._conversation());
            },

            /** Opens the choice of modules, or folds it up again. */
            _chooseModule: function() {
                this.choosing = !this.choosing;
                this.draw(app.riverline.desk.windows.get(this.windowId));
                this.$('[data-rl-action=' + (this.choosing ? 'link-module' : 'link-to') + ']').first().trigger('focus');
            },

            _linkInModule: function(event) {
                app.riverline.desk.linking.select(this._conversation(), $(event.currentTarget).attr('data-module'));
            },

            _createContact: function() {
                app.riverline.desk.linking.create(this._conversation(), this.$el.attr('data-peer'));
            }
        });
    });
})(SUGAR.App);
