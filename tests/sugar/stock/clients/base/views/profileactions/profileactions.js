/* The user's menu: what the metadata lists and the user may do, and the stand-in's own "Re-sync". */
({
    events: {'click [data-action=resync]': '_resync'},

    _renderHtml: function() {
        var name = app.user.get('full_name') || '';
        this.user = name && {
            name: name,
            initials: _.map(name.split(' '), function(part) { return part.charAt(0); }).join('').slice(0, 2),
        };
        this.items = _.map(_.filter(this.meta, function(item) {
            return !item.acl_action || app.acl.hasAccess(item.acl_action, item.acl_module);
        }), function(item) {
            return {route: item.route, label: app.lang.get(item.label), icon: item.icon};
        });
        this._super('_renderHtml');
    },

    _resync: function() {
        app.standin.resync().then(function() {
            app.alert.show('resync', {level: 'success', messages: 'LBL_RESYNCED', autoClose: true});
        });
    },
})
