/* app.template: compiled Handlebars templates by component and file name; compiled when they are first asked for. */
(function(app) {
    let sources = {};
    Handlebars.templates = {};

    /** "popup" of view "x" in module "M" is the key "view/M/x/popup". */
    function get(kind, module, name, file) {
        const key = [module, 'base'].map(owner => [kind, owner, name, file].join('/')).find(candidate => _.has(sources, candidate));
        if (!key) {
            return undefined;
        }
        Handlebars.templates[key] = Handlebars.templates[key] || Handlebars.compile(sources[key]);
        return Handlebars.templates[key];
    }

    /** "x" means the main template of x, "x.popup" another one beside it. */
    function byPath(kind, path, module) {
        const parts = path.split('.');
        return get(kind, module, parts[0], parts[1] || parts[0]);
    }

    app.template = {
        get: path => byPath('views', path),
        getView: (path, module) => byPath('views', path, module),
        getLayout: (path, module) => byPath('layouts', path, module),
        /** `fallback` is tried for the same type before the base field's templates. */
        getField(type, template, module, fallback) {
            return [[type, template], [type, fallback], ['base', template], ['base', fallback]]
                .reduce((found, [name, file]) => found || get('fields', module, name, file), undefined);
        },
    };

    app.standin.templates = {
        load(components) {
            sources = {};
            Handlebars.templates = {};
            _.each(components, (kinds, owner) => _.each(kinds, (named, kind) => _.each(named, (component, name) =>
                _.each(component.templates, (text, file) => {
                    sources[[kind, owner, name, file].join('/')] = text;
                }))));
        },
    };
})(SUGAR.App);
