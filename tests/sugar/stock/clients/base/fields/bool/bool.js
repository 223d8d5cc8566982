/* Yes or no. */
({
    bindDomChange: function() {
        var model = this.model;
        var name = this.name;
        this.$('input').prop('checked', !!model.get(name)).on('change', function() { model.set(name, this.checked); });
    },
    format: function(value) {
        return app.lang.get(value ? 'LBL_YES' : 'LBL_NO');
    },
})
