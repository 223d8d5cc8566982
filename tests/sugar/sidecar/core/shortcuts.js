/* app.shortcuts: keys of components; single keys do not work while somebody types. */
(function(app) {
    const all = {};

    app.shortcuts = {
        register(shortcut) {
            all[shortcut.id] = shortcut;
        },
    };

    document.addEventListener('keydown', function(evt) {
        const typing = $(evt.target).is('input, textarea, select, [contenteditable]');
        const pressed = (evt.ctrlKey || evt.metaKey ? 'ctrl+' : '') + (evt.altKey ? 'alt+' : '') + evt.key.toLowerCase();
        _.each(all, function(shortcut, id) {
            if (shortcut.component && shortcut.component.disposed) {
                delete all[id];
            } else if (!typing && [].concat(shortcut.keys).includes(pressed)) {
                shortcut.handler.call(shortcut.component, evt);
            }
        });
    });
})(SUGAR.App);
