/* The Notes of a record, newest first and in full; read whenever the record is opened and on "Refresh". */
({
    className: 'notes-panel card',
    events: {'click [data-action=refresh-notes]': 'refresh'},

    initialize: function(options) {
        this._super('initialize', [options]);
        this.title = app.lang.getModuleName('Notes', {plural: true});
        this.context.set({
            fields: ['name', 'description', 'date_entered', 'created_by_name', 'assigned_user_name'],
            orderBy: 'date_entered:DESC', limit: 50,
        });
    },

    bindDataChange: function() {
        this.listenTo(this.collection, 'sync', this.render);
    },

    refresh: function() {
        this.context.reloadData();
    },

    _renderHtml: function() {
        this.notes = this.collection.map(function(note) {
            return {
                id: note.id, subject: note.get('name'), text: note.get('description'), by: note.get('created_by_name'),
                assigned: note.get('assigned_user_name'), at: app.date(note.get('date_entered')).formatUser(),
            };
        });
        this.count = this.notes.length;
        this.isEmpty = this.collection.dataFetched && this.count === 0;
        this._super('_renderHtml');
    },
})
