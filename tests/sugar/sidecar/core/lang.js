/* app.lang: words by key, of the module first; a key without words comes back as it is. */
(function(app) {
    const strings = type => app.metadata.getStrings(type);

    function find(key, modules) {
        const owner = modules.find(module => _.has(strings('mod_strings')[module] || {}, key));
        return owner ? strings('mod_strings')[owner][key] : strings('app_strings')[key];
    }

    app.lang = {
        direction: app.standin.modes.dir,

        /** `context` fills {{name}} (an object) or {0} (a list). */
        get(key, module, context) {
            const found = find(key, _.compact([].concat(module)));
            if (found === undefined) {
                return key;
            }
            if (_.isArray(context)) {
                return app.utils.formatString(found, context);
            }
            return context ? Handlebars.compile(found)(context) : found;
        },
        getAppString(key) {
            const found = strings('app_strings')[key];
            return found === undefined ? key : found;
        },
        getAppListStrings(list) {
            return strings('app_list_strings')[list] || {};
        },
        getModuleName(module, options) {
            const list = options && options.plural ? 'moduleList' : 'moduleListSingular';
            return this.getAppListStrings(list)[module] || module;
        },
    };
})(SUGAR.App);
