/* app.alert: messages at the top of the page. Every one is also kept in app.standin.alerts, for tests. */
(function(app) {
    const TITLES = {
        info: 'LBL_ALERT_TITLE_NOTICE', success: 'LBL_ALERT_TITLE_SUCCESS', warning: 'LBL_ALERT_TITLE_WARNING',
        error: 'LBL_ALERT_TITLE_ERROR', process: 'LBL_ALERT_TITLE_LOADING', confirmation: 'LBL_ALERT_TITLE_WARNING',
    };
    const AUTO_CLOSE_MS = 5000;
    const shown = {};
    app.standin.alerts = [];

    app.alert = {
        show(id, options) {
            this.dismiss(id);
            app.standin.alerts.push(Object.assign({id: id}, options));
            const $alert = shown[id] = draw(id, options).appendTo('#alerts');
            $alert.on('click', '[data-action]', function(evt) {
                evt.preventDefault();
                const action = $(evt.currentTarget).data('action');
                app.alert.dismiss(id);
                callIf(options[{confirm: 'onConfirm', cancel: 'onCancel', close: 'onClose'}[action]]);
            });
            $alert.on('click', 'a:not([data-action])', evt => callIf(options.onLinkClick, evt));
            if (options.autoClose) {
                $alert.data('timer', setTimeout(() => app.alert.dismiss(id), options.autoCloseDelay || AUTO_CLOSE_MS));
            }
            return $alert;
        },
        dismiss(id) {
            if (shown[id]) {
                clearTimeout(shown[id].data('timer'));
                shown[id].remove();
                delete shown[id];
            }
        },
        dismissAll(level) {
            _.keys(shown).filter(id => !level || shown[id].data('level') === level).forEach(id => this.dismiss(id));
        },
    };

    function callIf(callback, argument) {
        if (callback) {
            callback(argument);
        }
    }

    /** Messages may hold markup, as in Sugar: whoever shows a user's text has to escape it. */
    function draw(id, options) {
        const level = options.level || 'info';
        const title = app.lang.get(options.title || TITLES[level]);
        const messages = level === 'process' ? [] : _.compact([].concat(options.messages)).map(message => app.lang.get(message));
        const buttons = level === 'confirmation'
            ? '<div class="alert-buttons"><button type="button" class="btn" data-action="cancel"></button>'
                + '<button type="button" class="btn btn-primary" data-action="confirm"></button></div>'
            : '<button type="button" class="close" data-action="close">&times;</button>';
        const $alert = $('<div class="alert"><strong></strong> <span class="alert-messages"></span>' + (level === 'process' ? '' : buttons) + '</div>');
        $alert.addClass('alert-' + level).attr({'data-alert': id, role: level === 'error' ? 'alert' : 'status'}).data('level', level);
        $alert.find('strong').text(title);
        $alert.find('.alert-messages').html(messages.join('<br>'));
        $alert.find('[data-action=close]').attr('aria-label', app.lang.get('LBL_CLOSE'));
        $alert.find('[data-action=cancel]').text(app.lang.get('LBL_CANCEL_BUTTON_LABEL'));
        $alert.find('[data-action=confirm]').text(app.lang.get('LBL_CONFIRM_BUTTON_LABEL'));
        return $alert;
    }
})(SUGAR.App);
