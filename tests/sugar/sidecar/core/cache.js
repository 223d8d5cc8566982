/* app.cache: JSON values in localStorage under Sugar's prefix; the tokens are here too, so a reload stays logged in. */
(function(app) {
    const prefix = app.config.env + ':' + app.config.appId + ':';

    app.cache = {
        get(key) {
            const value = localStorage.getItem(prefix + key);
            return value === null ? undefined : JSON.parse(value);
        },
        set(key, value) {
            localStorage.setItem(prefix + key, JSON.stringify(value));
        },
        has(key) {
            return localStorage.getItem(prefix + key) !== null;
        },
        cut(key) {
            localStorage.removeItem(prefix + key);
        },
        /** Everything of Sugar's; keys of others in the same storage stay. */
        cutAll() {
            Object.keys(localStorage).filter(key => key.startsWith(prefix)).forEach(key => localStorage.removeItem(key));
        },
    };
})(SUGAR.App);
