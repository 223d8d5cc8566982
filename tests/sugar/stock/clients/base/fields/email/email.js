/* The primary address of the list of addresses. */
({
    format: function(value) {
        var primary = _.findWhere(value || [], {primary_address: true}) || _.first(value || []);
        return primary ? primary.email_address : '';
    },
    unformat: function(value) {
        return value ? [{email_address: value, primary_address: true}] : [];
    },
})
