// Loads the shipped scripts as Sugar does, in the order of the JS grouping, into a page without DOM.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');
const _ = require('underscore');
const Backbone = require('backbone');

const PACKAGE = path.join(__dirname, '../../../sugar_module');
const GROUPING = 'custom/Extension/application/Ext/JSGroupings/riverline.php';
const HEADLESS_UNTIL = 'drawing';

exports.PACKAGE = PACKAGE;

/** Names of the scripts in the grouping, without folder and extension. */
exports.scripts = () => {
    const php = fs.readFileSync(path.join(PACKAGE, GROUPING), 'utf8');
    return php.slice(php.indexOf('foreach (['), php.indexOf('] as $riverlineScript')).match(/'[\w-]+'/g).map(name => name.slice(1, -1));
};

/** A fresh `app.riverline` with everything that needs no DOM. */
exports.riverline = () => {
    const app = {};
    const context = vm.createContext({SUGAR: {App: app}, _, Backbone});
    const names = exports.scripts();
    for (const name of names.slice(0, names.indexOf(HEADLESS_UNTIL))) {
        const file = path.join(PACKAGE, 'custom/include/riverline', `${name}.js`);
        vm.runInContext(fs.readFileSync(file, 'utf8'), context, {filename: file});
    }
    return app.riverline;
};

/** Calls a function of `riverline` with a text; one that does not come back is ended and fails. */
exports.bounded = (riverline, name, text) => {
    const context = vm.createContext({run: () => riverline[name](text)});
    return vm.runInContext('run()', context, {timeout: 5000});
};

/** All files of the package with one of these extensions. */
exports.files = (...extensions) => fs.readdirSync(PACKAGE, {recursive: true, withFileTypes: true})
    .filter(entry => entry.isFile() && extensions.includes(path.extname(entry.name)))
    .map(entry => path.join(entry.parentPath || entry.path, entry.name))
    .filter(file => !path.relative(PACKAGE, file).startsWith('docs'));

/** The words of the package, as `app.lang.get` gives them. */
exports.words = () => {
    const php = fs.readFileSync(path.join(PACKAGE, 'custom/Extension/application/Ext/Language/en_us.riverline.php'), 'utf8');
    const words = {};
    for (const [, key, text] of php.matchAll(/\$app_strings\['(\w+)'\] = '((?:[^'\\]|\\.)*)';/g)) {
        words[key] = text.replace(/\\'/g, "'");
    }
    return words;
};
