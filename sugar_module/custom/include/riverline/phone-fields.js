/*
 * The SMS icon beside mobile numbers. Other packages bring phone fields of their own, so nothing is replaced: after
 * Sugar's field has drawn itself, one element is added.
 */
(function(app) {
    'use strict';

    var riverline = app.riverline = app.riverline || {};
    var CLASSES = ['BasePhoneField', 'BaseCustomPhoneField', 'BaseContactsPhoneField'];
    var SERVED = {Contacts: ['phone_mobile']};
    var FEWEST_DIGITS = 5;

    /** Whether there is anything to text to. The service reads and judges the number itself. */
    riverline.looksLikeNumber = function(text) {
        return String(text || '').replace(/\D/g, '').length >= FEWEST_DIGITS;
    };

    /** The SMS icon of a field or button: drawn by one template, so that it looks and speaks the same everywhere. */
    riverline.smsIcon = function(model, field) {
        var number = model.get(field);
        var usable = riverline.looksLikeNumber(number);
        var name = riverline.sugar.nameOf(model);
        return app.template.get('riverline-dock.sms-icon')({
            disabled: !usable, label: usable ? riverline.texts.word('LBL_RL_TEXT_TO', [name || number]) :
                riverline.texts.word('LBL_RL_NO_NUMBER', [name])
        });
    };

    /** A click on an SMS icon. */
    riverline.text = function(model, field) {
        if (!riverline.looksLikeNumber(model.get(field))) {
            return;
        }
        if (riverline.desk) {
            var record = {module: model.module || model.get('_module'), id: model.id};
            riverline.desk.openText(record, riverline.sugar.nameOf(model), field);
        } else {
            riverline.toggleMembers();
        }
    };

    function decorate(field) {
        field.$el.children('.rl-sms-icon').remove();
        var isShown = field.action !== 'edit' && field.tplName !== 'edit' && field.tplName !== 'list';
        var module = field.model && (field.model.module || field.module);
        if (!isShown || !riverline.texts || !_.contains(SERVED[module] || [], field.name)) {
            return;
        }
        $(riverline.smsIcon(field.model, field.name)).addClass('rl-sms-icon').appendTo(field.$el)
            .on('click keydown', function(event) {
                if (event.type === 'click' || event.key === 'Enter' || event.key === ' ') {
                    event.preventDefault();
                    event.stopPropagation();
                    riverline.text(field.model, field.name);
                }
            });
    }

    /** Wraps what exists by now; a class is wrapped once, however often this is called. */
    riverline.patchPhoneFields = function() {
        CLASSES.forEach(function(name) {
            var prototype = app.view.fields[name] && app.view.fields[name].prototype;
            if (!prototype || _.has(prototype, '_riverlinePatched')) {
                return;
            }
            prototype._riverlinePatched = true;
            prototype._render = _.wrap(prototype._render, function(original) {
                var drawn = original.apply(this, _.rest(arguments));
                try {
                    decorate(this);
                } catch (e) {
                    app.logger.error('riverline: ' + e);
                }
                return drawn;
            });
        });
    };
})(SUGAR.App);
