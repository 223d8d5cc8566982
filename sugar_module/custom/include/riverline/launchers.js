/*
 * "Live Chat" in the bar of the page. Releases of Sugar have it in different places, some in two, some in none: of all
 * launchers that were drawn the first stays in sight, and where there is none we bring a bar of our own.
 */
(function(app) {
    'use strict';

    var riverline = app.riverline = app.riverline || {};
    var HIDDEN = 'rl-hidden';
    var LATE = 300;
    var timer = null;
    var bar = null;

    /** What a launcher shows. */
    riverline.launcherFace = function() {
        var desk = riverline.desk;
        var unread = desk && desk.store.loaded ? desk.store.unreadTotal() : 0;
        var members = desk && desk.windows.get('members');
        var words = desk ? riverline.statusWords(desk, riverline.texts) : '';
        return {
            shown: !!riverline.texts && app.api.isAuthenticated(), unread: unread || '', title: words,
            isOpen: !!members && !members.minimised, status: riverline.status,
            warning: riverline.status === 'refused' || riverline.status === 'offline'
        };
    };

    riverline.toggleMembers = function() {
        if (riverline.desk) {
            riverline.desk.toggleMembers();
        } else {
            var key = riverline.sugar.isAdmin() ? 'LBL_RL_NO_ADDRESS_ADMIN' : 'LBL_RL_NO_ADDRESS';
            app.alert.show('riverline-address', {level: 'info', messages: app.lang.get(key), autoClose: false});
        }
    };

    /** Called whenever a launcher was drawn, and after each sync; those of Sugar may come late. */
    riverline.arrangeLaunchers = function() {
        window.clearTimeout(timer);
        timer = window.setTimeout(arrange, bar ? 0 : LATE);
        keepFirst();
    };

    function drawn() {
        return $('[data-rl-launcher]').not(bar ? bar.$el : '');
    }

    function keepFirst() {
        var $visible = drawn().removeClass(HIDDEN).filter(':visible');
        $visible.slice(1).addClass(HIDDEN);
        return $visible.length > 0;
    }

    function arrange() {
        var wanted = riverline.launcherFace().shown && !keepFirst();
        if (wanted && !bar) {
            bar = app.view.createView({
                type: 'riverline-launcher', name: 'riverline-launcher', module: null, meta: {bar: true},
                context: app.context.getContext({})
            });
            bar.render();
            $($('#sidecar')[0] || document.body).append(bar.$el);
        } else if (!wanted && bar) {
            bar.dispose();
            bar = null;
        }
        riverline.trigger('arranged');
    }
})(SUGAR.App);
