/* before/after: functions that run around a step and, before it, may cancel it by returning false. For app and components. */
(function(app) {
    app.standin.Hooks = {
        before(name, callback, scope) {
            return add(this, 'before', name, callback, scope);
        },
        after(name, callback, scope) {
            return add(this, 'after', name, callback, scope);
        },
        triggerBefore(name, args) {
            return run(this, 'before', name, args).every(result => result !== false);
        },
        triggerAfter(name, args) {
            run(this, 'after', name, args);
        },
    };

    function add(owner, when, name, callback, scope) {
        owner._hooks = (owner._hooks || []).concat([{when: when, name: name, callback: callback, scope: scope || owner}]);
        return owner;
    }

    function run(owner, when, name, args) {
        return _.where(owner._hooks || [], {when: when, name: name}).map(hook => hook.callback.apply(hook.scope, args || []));
    }

    // The application itself has hooks too; the one that runs here is `route` (shell/router.js).
    Object.assign(app, _.pick(app.standin.Hooks, 'before', 'after'));
})(SUGAR.App);
