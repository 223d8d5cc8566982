/* app.acl: what roles deny the user. The server sends denials only: what is not denied is allowed. */
(function(app) {
    const FOR_ADMINS = ['admin', 'developer'];
    const FIELD_ACTIONS = {read: 'read', view: 'read', list: 'read', detail: 'read', edit: 'write', create: 'write', write: 'write'};

    app.acl = {
        hasAccess(action, module, ownerId, field) {
            const all = app.user.get('acl') || {};
            const acl = all[module] || {};
            if (FOR_ADMINS.includes(action) && app.user.get('type') !== 'admin') {
                return false;
            }
            return acl.access !== 'no' && acl[action] !== 'no' && !deniesField(acl, action, field);
        },
        hasAccessToModel(action, model, field) {
            const own = model.get('_acl') || {};
            return this.hasAccess(action, model.module, model.get('assigned_user_id'), field)
                && own[action] !== 'no' && !deniesField(own, action, field);
        },
    };

    function deniesField(acl, action, field) {
        const denials = field && acl.fields && acl.fields[field];
        return !!denials && denials[FIELD_ACTIONS[action]] === 'no';
    }
})(SUGAR.App);
