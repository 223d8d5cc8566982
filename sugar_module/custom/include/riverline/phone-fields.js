/*
 * The SMS icon beside numbers and among the buttons of a record. Other packages bring phone fields of their own, so
 * nothing is replaced: after Sugar's field has drawn itself, one element is added.
 */
(function(app) {
    'use strict';

    var riverline = app.riverline = app.riverline || {};
    var CLASSES = [
        'BasePhoneField', 'BaseCustomPhoneField', 'BaseContactsPhoneField', 'BaseLeadsPhoneField', 'BaseProspectsPhoneField',
        'BaseAccountsPhoneField'
    ];
    var OF_PEOPLE = ['phone_mobile', 'phone_work', 'phone_home', 'phone_other'];

    /** The fields that the service texts to, the usual one first. */
    var SERVED = {
        Contacts: OF_PEOPLE, Leads: OF_PEOPLE, Prospects: OF_PEOPLE, Accounts: ['phone_office', 'phone_alternate']
    };
    var FEWEST_DIGITS = 5;

    /** Whether there is anything to text to. The service reads and judges the number itself. */
    riverline.looksLikeNumber = function(text) {
        return String(text || '').replace(/\D/g, '').length >= FEWEST_DIGITS;
    };

    /** The numbers of a record that can be texted: {name (of the field), number, word}, the usual one first. */
    riverline.numbersOf = function(model) {
        return (SERVED[moduleOf(model)] || []).filter(function(field) {
            return riverline.looksLikeNumber(model.get(field)) && app.acl.hasAccessToModel('read', model, field);
        }).map(function(field) {
            return {name: field, number: model.get(field), word: riverline.texts.word('LBL_RL_' + field.toUpperCase())};
        });
    };

    /** The SMS icon of a field or button: drawn by one template, so that it looks and speaks the same everywhere. */
    riverline.smsIcon = function(model, field) {
        var number = model.get(field);
        var usable = riverline.looksLikeNumber(number);
        var name = riverline.sugar.nameOf(model);
        return app.template.get('riverline-dock.sms-icon')({
            disabled: !usable, label: usable ? riverline.texts.word('LBL_RL_TEXT_TO', [name || number]) :
                riverline.texts.word('LBL_RL_WITHOUT_' + field.toUpperCase(), [name])
        });
    };

    /** The field whose number is texted unless the user chooses another one. */
    riverline.usualField = function(model) {
        return (SERVED[moduleOf(model)] || OF_PEOPLE)[0];
    };

    /** The menu of a record's numbers. */
    riverline.smsChoice = function(model, numbers) {
        return app.template.get('riverline-dock.sms-choice')({
            numbers: numbers, label: riverline.texts.word('LBL_RL_CHOOSE_NUMBER', [riverline.sugar.nameOf(model)])
        });
    };

    /** A click on an SMS icon. */
    riverline.text = function(model, field) {
        if (!riverline.looksLikeNumber(model.get(field))) {
            return;
        }
        if (riverline.desk) {
            var record = {module: moduleOf(model), id: model.id};
            riverline.desk.openText(record, riverline.sugar.nameOf(model), field, model.get(field));
        } else {
            riverline.toggleMembers();
        }
    };

    function moduleOf(model) {
        return model.module || model.get('_module');
    }

    function decorate(field) {
        field.$el.children('.rl-sms-icon').remove();
        var isShown = field.action !== 'edit' && field.tplName !== 'edit' && field.tplName !== 'list';
        var served = field.model && SERVED[moduleOf(field.model) || field.module];
        // The usual number says why it cannot be texted; the others need no icon without a number.
        if (!isShown || !riverline.texts || !_.contains(served, field.name) ||
            (field.name !== served[0] && !riverline.looksLikeNumber(field.model.get(field.name)))) {
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
