/*
 * SUGAR.App: the object that packages know as `app`. Its members are exactly those that reference/sugar-sidecar.md lists, so
 * that calling anything else fails at once; what belongs to the stand-in alone is under `app.standin`.
 */
(function() {
    const app = SUGAR.App;      // made by /config.js, with `config`
    window.App = app;

    app.events = _.extend({}, Backbone.Events);

    /** How the stand-in was started (--mode), then what the page's address asks for, kept for the tab. */
    const modes = Object.assign({host: 'sidebar-nav', libs: 'current', theme: 'light', dir: 'ltr'}, SUGAR.standin);
    const asked = new URLSearchParams(location.search);
    Object.keys(modes).forEach(function(name) {
        const key = 'standin:' + name;
        if (asked.has(name)) {
            sessionStorage.setItem(key, asked.get(name));
        }
        modes[name] = sessionStorage.getItem(key) || modes[name];
    });
    delete SUGAR.standin;
    app.standin = {modes: modes};

    /** Adds a module to the application object. */
    app.augment = function(name, module, initNow) {
        app[name] = module;
        if (initNow && _.isFunction(module.init)) {
            module.init(app);
        }
        return module;
    };
})();
