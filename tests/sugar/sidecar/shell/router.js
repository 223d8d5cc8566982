/* app.router: hash routes to layouts. Made before `router:init`, started after the first sync. */
(function(app) {
    const LEGACY_ADMIN = 'bwc/index.php?module=Administration&action=index';

    const Router = Backbone.Router.extend({
        buildRoute(module, id, action) {
            return _.compact([module, id, action]).join('/');
        },
        addRoutes(routes) {
            routes.slice().reverse().forEach(item => this.route(item.route, item.name, item.callback));
        },
        navigate(fragment, options) {
            return Backbone.Router.prototype.navigate.call(this, String(fragment).replace(/^#/, ''), options);
        },
        /** Nothing of the page is shown to who is not logged in; the address is kept for afterwards. */
        execute(callback, args, name) {
            if (!app.standin.Hooks.triggerBefore.call(app, 'route', [{route: name, args: args}])) {
                return false;
            }
            app.standin.closeDrawers();
            if (!app.api.isAuthenticated() && name !== 'logout') {
                app.standin.session.lost();
                return false;
            }
            return Backbone.Router.prototype.execute.call(this, callback, args, name);
        },

        redirect(route) {
            this.navigate(route, {trigger: true, replace: true});
        },
        refresh() {
            Backbone.history.loadUrl(Backbone.history.fragment);
        },
        record(module, id) {
            app.controller.loadView({module: module, layout: 'record', modelId: id});
        },
    });

    app.standin.startRouter = function() {
        if (Backbone.History.started) {
            app.router.refresh();
        } else {
            Backbone.history.start();
        }
    };

    app.standin.initRouter = function() {
        app.router = new Router();
        app.router.addRoutes([
            {route: '', name: 'home', callback: () => app.router.redirect('Contacts')},
            {route: 'Home', name: 'home', callback: () => app.router.redirect('Contacts')},
            {route: 'logout', name: 'logout', callback: () => app.standin.session.logout()},
            {route: 'Administration', name: 'administration', callback: () => app.router.redirect(LEGACY_ADMIN)},
            {route: 'bwc/*url', name: 'bwc', callback: (path, query) => app.controller.loadView({layout: 'bwc', url: query ? path + '?' + query : path})},
            {route: ':module', name: 'list', callback: module => app.controller.loadView({module: module, layout: 'records'})},
            {route: ':module/layout/:layout', name: 'layout', callback: (module, layout) => app.controller.loadView({module: module, layout: layout})},
            {route: ':module/:id', name: 'record', callback: (module, id) => app.router.record(module, id)},
        ]);
        app.events.trigger('router:init', app.router);
    };
})(SUGAR.App);
