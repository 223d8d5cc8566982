/* app.user: who is logged in (empty before), with preferences and the remembered state of components. */
(function(app) {
    const stateKey = key => 'last_state:' + app.user.id + ':' + key;

    const User = Backbone.Model.extend({
        getPreference(name) {
            return (this.get('preferences') || {})[name];
        },

        lastState: {
            key(name, component) {
                const state = component.meta && component.meta.last_state;
                return state && state.id ? [component.module, state.id, name].join(':') : undefined;
            },
            get: key => key && app.cache.get(stateKey(key)),
            set: (key, value) => key && app.cache.set(stateKey(key), value),
            remove: key => key && app.cache.cut(stateKey(key)),
        },
    });
    app.user = new User();
})(SUGAR.App);
