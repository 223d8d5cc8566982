/* A moment, in the user's format. */
({
    format: function(value) {
        return value ? app.date(value).formatUser() : '';
    },
})
