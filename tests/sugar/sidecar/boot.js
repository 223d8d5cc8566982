/* Starts the page: public metadata, app:init, router:init, then the login page or straight into the application. */
(function(app) {
    document.documentElement.classList.add('sugar-' + app.standin.modes.theme + '-theme');
    document.documentElement.dir = app.standin.modes.dir;
    if (app.standin.hosts.includes('sidebar-nav')) {
        $('<div id="sidebar-nav"></div>').insertAfter('#header');
    }
    document.body.classList.add('host-' + app.standin.modes.host);

    const session = app.standin.session;
    app.metadata.sync(function() {
        app.events.trigger('app:init', app);
        app.standin.initRouter();
        app.events.trigger('app:start', app);
        if (app.api.isAuthenticated()) {
            session.sync(() => session.enter());
        } else {
            session.askToLogIn();
        }
    }, {getPublic: true});
})(SUGAR.App);
