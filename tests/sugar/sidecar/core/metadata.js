/*
 * app.metadata: what the server knows about components, modules and words. The mode decides which of the bottom bars or side
 * bars this "release" has; the others are taken out here, so extensions for them lead nowhere, as on a real instance.
 */
(function(app) {
    const HOSTS = {
        footer: {layouts: ['footer']},
        'footer-buttons': {layouts: ['footer-buttons']},
        'sidebar-nav': {layouts: ['sidebar-nav'], views: ['sidebar-nav-item']},
    };
    const wanted = {both: ['footer', 'footer-buttons'], none: []}[app.standin.modes.host] || [app.standin.modes.host];
    app.standin.hosts = wanted;

    let data = {server_info: {}, components: {}, app_strings: {}, app_list_strings: {}, mod_strings: {}, full_module_list: {}};

    function meta(kind, module, name) {
        const found = [module, 'base'].map(owner => ((data.components[owner] || {})[kind] || {})[name])
            .find(component => component && component.meta);
        return app.utils.deepCopy(found && found.meta);
    }

    function ofThisRelease(components) {
        _.each(_.omit(HOSTS, wanted), kinds => _.each(kinds, (names, kind) => {
            components.base[kind] = _.omit(components.base[kind], names);
        }));
        return components;
    }

    app.metadata = {
        getView: (module, name) => meta('views', module, name),
        getLayout: (module, name) => meta('layouts', module, name),
        getServerInfo: () => data.server_info,
        getStrings: type => data[type],
        getModuleNames: () => Object.keys(data.full_module_list),

        /** The server sends no field definitions; those of the record view stand for them. */
        getModule(module, part) {
            if (!_.has(data.full_module_list, module)) {
                return undefined;
            }
            const panels = (meta('views', module, 'record') || {}).panels || [];
            const fields = _.indexBy(_.flatten(_.pluck(panels, 'fields'), true), 'name');
            return part ? {fields: fields}[part] : {fields: fields};
        },

        /** callback(error): fetches everything and declares the components; with `getPublic` only what needs no login. */
        sync(callback, options) {
            const isPublic = !!(options && options.getPublic);
            app.api.call('read', app.api.buildURL('metadata', isPublic ? 'public' : 'read'), null, {
                success: function(answer) {
                    data = Object.assign({}, data, answer);
                    if (!isPublic) {
                        app.cache.set('meta:hash', answer._hash);
                        data.components = ofThisRelease(answer.components);
                        app.standin.templates.load(data.components);
                        app.standin.classes.declareAll(data.components);
                    }
                    callback();
                },
                error: callback,
            }, {skipMetadataHash: true});
        },
    };
})(SUGAR.App);
