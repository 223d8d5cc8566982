/* A new record in a drawer: the record's fields, and only Cancel and Save. */
({
    extendsFrom: 'RecordView',

    initialize: function(options) {
        options.meta = _.extend({}, app.metadata.getView(options.module, 'record'), options.meta);
        options.meta.buttons = _.filter(app.metadata.getView('base', 'record').buttons, function(button) {
            return button.showOn === 'edit';
        });
        this._super('initialize', [options]);
        this.template = app.template.getView('record');
        this.state = 'edit';
        this.model.set('assigned_user_id', app.user.id);
    },

    cancelClicked: function() {
        app.drawer.close();
    },
    savedModel: function() {
        app.drawer.close(this.model);
    },
})
