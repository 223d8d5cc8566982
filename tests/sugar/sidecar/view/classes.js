/*
 * Classes of components from the files' text: how they are named, whom they extend, and what `_super` means in them.
 * A name here is without the platform prefix: "PhoneField", "ContactsRecordView"; in the hashes it has it: "BasePhoneField".
 */
(function(app) {
    const KINDS = {
        views: {suffix: 'View', base: () => app.view.View},
        layouts: {suffix: 'Layout', base: () => app.view.Layout},
        fields: {suffix: 'Field', base: () => app.view.Field},
    };
    const pascal = name => name.split(/[-_]/).map(part => part.charAt(0).toUpperCase() + part.slice(1)).join('');

    /** Every definition that is not declared yet, by class name. */
    let pending = {};

    app.standin.classes = {
        declareAll(components) {
            _.each(KINDS, (kind, name) => {
                app.view[name] = {};
            });
            pending = {};
            _.each(components, (kinds, owner) => _.each(kinds, (named, kind) => _.each(named, function(component, name) {
                note(kind, owner, name, '', component.controller);
                note(kind, owner, name, 'Custom', component.custom_controller);
            })));
            _.each(_.keys(pending), declare);
        },

        /** The class for a component: of the module, then of everybody, the custom one first; else the plain one. */
        find(kind, name, module) {
            const hash = app.view[kind];
            const own = _.flatten([module || [], ''].map(owner => ['Custom', ''].map(custom => className(kind, owner, name, custom))));
            return hash[own.find(candidate => hash[candidate])] || KINDS[kind].base();
        },
    };

    function className(kind, owner, name, custom) {
        return 'Base' + (owner === 'base' ? '' : owner) + custom + pascal(name) + KINDS[kind].suffix;
    }

    function note(kind, owner, name, custom, text) {
        if (text) {
            const key = className(kind, owner, name, custom);
            pending[key] = {key: key, kind: kind, owner: owner === 'base' ? '' : owner, literal: load(text, key)};
        }
    }

    /** The file's text is one object literal; `app` and the libraries are in scope, nothing else is. */
    function load(text, key) {
        const body = text.trim().replace(/[;,]+\s*$/, '');
        try {
            return new Function('app', '_', '$', 'Handlebars', 'return (\n' + body + '\n);')(app, _, jQuery, Handlebars);
        } catch (broken) {
            throw new Error('The controller of ' + key + ' is not one object literal: ' + broken.message);
        }
    }

    /** What a class extends is declared first, in whatever order the files came. */
    function declare(key) {
        const definition = pending[key];
        if (definition) {
            delete pending[key];
            app.view[definition.kind][key] = extend(parentOf(definition), definition.literal);
        }
    }

    function parentOf(definition) {
        const wanted = definition.literal.extendsFrom;
        if (!wanted) {
            return KINDS[definition.kind].base();
        }
        const plain = wanted.replace(/^Base/, '');
        const candidates = _.without(['Base' + definition.owner + plain, 'BaseCustom' + plain, 'Base' + plain, 'Base' + wanted], definition.key);
        candidates.forEach(declare);
        const found = candidates.find(candidate => app.view[definition.kind][candidate]);
        if (!found && !/^(Base)?(View|Layout|Field)$/.test(wanted)) {
            console.warn(definition.key + ' extends ' + wanted + ', which this release does not have');
        }
        return found ? app.view[definition.kind][found] : KINDS[definition.kind].base();
    }

    function extend(parent, literal) {
        return parent.extend(_.mapObject(_.omit(literal, 'extendsFrom'),
            value => _.isFunction(value) && /\b_super\b/.test(value) ? withSuper(value, parent.prototype) : value));
    }

    function withSuper(method, parent) {
        return function() {
            const outer = this._super;
            this._super = (name, args) => parent[name].apply(this, args || []);
            try {
                return method.apply(this, arguments);
            } finally {
                this._super = outer;
            }
        };
    }
})(SUGAR.App);
