/* app.standin: what tests and the "Re-sync" item use; nothing of it exists in Sugar. */
(function(app) {
    Object.assign(app.standin, {
        /** Once more what Sugar does when metadata or the language changes: `app:sync:complete` comes again. */
        resync() {
            return new Promise(resolve => app.standin.session.sync(resolve));
        },
        /** Header and bars are disposed and made anew, as after some admin actions. */
        recreateAdditionalComponents() {
            app.standin.additional.dispose();
            app.standin.additional.load();
        },
        /** Handlers on app.events: after any number of pages the same as before. */
        listenerCount() {
            return _.reduce(app.events._events || {}, (sum, handlers) => sum + handlers.length, 0);
        },
    });
})(SUGAR.App);
