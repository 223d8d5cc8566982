/* The one stock button of the bottom bars. */
({
    tagName: 'span',
    events: {'click [data-action=help]': '_help'},

    _help: function() {
        app.alert.show('help', {level: 'info', messages: 'LBL_HELP_TEXT', autoClose: true});
    },
})
