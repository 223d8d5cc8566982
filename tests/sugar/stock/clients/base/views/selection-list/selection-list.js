/* A module's list in a drawer; the opener gets the attributes of the record that is chosen. */
({
    extendsFrom: 'RecordlistView',

    initialize: function(options) {
        this._super('initialize', [options]);
        this.template = app.template.getView('recordlist');
        this.columns = _.map(this.columns, function(column) { return _.omit(column, 'link'); });
        this.listenTo(this.context, 'selection:chosen', function(model) {
            app.drawer.close(_.extend({value: model.get('name')}, model.attributes));
        });
    },
})
