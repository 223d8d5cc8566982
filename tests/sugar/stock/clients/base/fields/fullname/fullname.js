/* A person's name: one value to read, first and last name to write. */
({
    extendsFrom: 'BaseField',

    format: function() {
        return app.utils.formatNameLocale(this.model.attributes) || this.model.get('full_name') || this.model.get('name');
    },

    bindDomChange: function() {
        var model = this.model;
        this.$('input').each(function() {
            $(this).val(model.get(this.name)).on('change input', function() { model.set(this.name, this.value); });
        });
    },
})
