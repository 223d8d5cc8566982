/* app.utils: the few helpers that the reference names. */
(function(app) {
    app.utils = {
        formatString(text, values) {
            return String(text).replace(/\{(\d+)\}/g, (whole, at) => values[at] === undefined ? whole : values[at]);
        },
        getRecordName(model) {
            return model.get('full_name') || model.get('name') || this.formatNameLocale(model.attributes);
        },
        formatNameLocale(person) {
            return _.compact([person.first_name, person.last_name]).join(' ');
        },
        isSortable(module, field) {
            return field.sortable !== false;
        },
        deepCopy(value) {
            return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
        },
    };
})(SUGAR.App);
