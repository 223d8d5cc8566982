/* One record: header with name and buttons, its fields, view and edit. */
({
    className: 'record',

    initialize: function(options) {
        this._super('initialize', [options]);
        // A module without buttons of its own has those of every record.
        this.meta.buttons = this.meta.buttons || app.metadata.getView('base', 'record').buttons;
        this.state = 'view';
        this.listenTo(this.context, 'button:edit_button:click', function() { this.setState('edit'); });
        this.listenTo(this.context, 'button:cancel_button:click', this.cancelClicked);
        this.listenTo(this.context, 'button:save_button:click', this.saveClicked);
        this.listenTo(this.context, 'button:delete_button:click', this.deleteClicked);
    },

    bindDataChange: function() {
        this.listenTo(this.model, 'sync', this.render);
    },

    setState: function(state) {
        this.state = state;
        this.render();
    },

    _renderHtml: function() {
        var panels = _.groupBy(this.meta.panels || [], function(panel) { return panel.header ? 'header' : 'body'; });
        this.headerFields = this._definitions(panels.header);
        this.bodyFields = this._definitions(panels.body);
        this._super('_renderHtml');
    },
    _definitions: function(panels) {
        return _.map(_.flatten(_.pluck(panels || [], 'fields'), true), function(field) {
            return _.extend({
                labelText: app.lang.get(field.label || field.name, this.module),
                templateName: this.state === 'edit' && !field.readonly ? 'edit' : 'detail',
            }, field);
        }, this);
    },

    _renderFields: function() {
        this._super('_renderFields');
        this.setButtonStates(this.state);
    },
    setButtonStates: function(state) {
        _.each(this.meta.buttons, function(definition) {
            var field = this.getField(definition.name);
            if (field && definition.showOn) {
                field[definition.showOn === state ? 'show' : 'hide']();
            }
        }, this);
    },

    cancelClicked: function() {
        this.model.revertAttributes();
        this.setState('view');
    },

    saveClicked: function() {
        this._busy(true);
        this.model.save(null, {
            success: _.bind(function() {
                if (this.disposed) {
                    return;
                }
                app.alert.show('record-saved', {level: 'success', messages: 'LBL_RECORD_SAVED', autoClose: true});
                this.savedModel();
            }, this),
            complete: _.bind(function() {
                if (!this.disposed) {
                    this._busy(false);
                }
            }, this),
        });
    },
    savedModel: function() {
        this.setState('view');
    },
    _busy: function(busy) {
        var button = this.getField('save_button');
        if (button) {
            button.setDisabled(busy);
        }
    },

    deleteClicked: function() {
        var model = this.model;
        app.alert.show('delete-record', {
            level: 'confirmation',
            messages: 'LBL_DELETE_CONFIRMATION',
            onConfirm: function() {
                model.destroy({success: function() { app.router.navigate(model.module, {trigger: true}); }});
            },
        });
    },
})
