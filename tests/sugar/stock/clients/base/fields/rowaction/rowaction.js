/* An action on a record: triggers its event on the context, or on the view or layout that the definition names. */
({
    extendsFrom: 'ButtonField',
    events: {'click .rowaction': 'rowActionSelect'},

    rowActionSelect: function(evt) {
        evt.preventDefault();
        if (this.isDisabled) {
            return;
        }
        var target = {view: this.view, layout: this.view.layout}[this.def.target] || this.context;
        target.trigger(this.def.event, this.model, this, evt);
    },

    /** Whether a drop-down shows it. */
    isAllowedDropdownButton: function() {
        return this.hasAccess();
    },
})
