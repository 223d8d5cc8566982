// Which texts look like a wish for no more texts: a person is asked about them, so what is missed costs more than what is not.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const {riverline, bounded, PACKAGE} = require('./support/load');

const RIVERLINE = riverline();
const {looksLikeOptOut, isOptIn} = RIVERLINE;
const SOURCE = fs.readFileSync(path.join(PACKAGE, 'custom/include/riverline/opt-out.js'), 'utf8');
/** The alternatives of each group that may repeat. */
const REPEATED = Array.from(SOURCE.matchAll(/\(\^?\(? ?\(([^()]+)\) ?\)(?:[*+]|\{\d)/g), ([, words]) => words.split('|'));

const WISHES = [
    // English
    'please stop texting me', 'Stop texting me!!', 'remove me from your list', 'wrong number, don\'t text again', 'Wrong number',
    'STOP please', 'please stop', 'Stop it now', 'STOP 12345', 'I said stop', 'I already texted STOP yesterday', 'ok stop thanks 🙏',
    'stop sending me these', 'Stop sending messages', 'Can you stop the texts?', 'Stop messaging this number', 'quit texting me',
    'Quit bothering me', 'Don\'t text me again', 'don’t text me', 'Do not contact me', 'dont message this number anymore', 'Never text me again',
    'please do not text this number', 'do not send me any more texts', 'I don\'t want any more texts', 'i no longer wish to receive messages',
    'I do not want to be contacted', 'no more texts please', 'No more messages', 'unsubscribe me please', 'How do I unsubscribe?',
    'I want to opt out', 'opt me out', 'Opt out of these messages', 'Take me off your list', 'take my number off your list',
    'Please delete my number from your system', 'delete my number', 'Remove me please', 'lose my number', 'You have the wrong number',
    'Sorry you have the wrong person', 'leave me alone', 'I\'m reporting this as spam', 'this is spam', 'I never signed up for this',
    'I\'m blocking you', 'I revoke my consent', 'Cancel these texts', 'End these messages', 'cancel my text messages',
    'You are not getting it. I want no more texts', 'stop spamming me', 'I need you to stop texting me', 'would you please stop contacting us',
    // Spanish
    'no me mande más mensajes', 'No me escriba más por favor', 'ya no me envíen textos', 'deje de enviarme mensajes', 'Deja de molestarme',
    'no quiero recibir más mensajes', 'Elimíneme de su lista', 'borre mi número', 'quítenme de la lista por favor', 'Número equivocado',
    'se equivocó de número', 'denme de baja', 'ALTO', 'Pare', 'basta ya', 'no más mensajes', 'Déjenme en paz', 'no me contacten',
    'Por favor paren', 'no me llamen', 'cancelar mensajes',
    // French
    'Arrêtez de m\'envoyer des messages', 'arrêtez svp', 'Ne m\'écrivez plus', 'ne me contactez plus', 'Désabonnez-moi', 'mauvais numéro',
    'Retirez-moi de votre liste', 'Je ne veux plus recevoir de messages', 'plus de SMS svp', 'supprimez mon numéro',
];

const OTHERS = [
    // The service acts on keywords itself.
    'STOP', 'stop!', ' Stop. ', 'Unsubscribe', 'opt-out', 'ARRÊT', 'END', 'quit', 'cancel', 'Remove',
    // English
    'stop by my office tomorrow', 'Can you stop by at 3?', 'I\'ll stop by and text you when I am there', 'We stop for lunch at noon',
    'the bus stop is around the corner', 'Don\'t stop now, it is going well', 'I had to stop texting, I was driving', 'sorry, can\'t stop to talk',
    'Please stop the delivery until Monday', 'stop the order', 'Stop sending the invoices to my old address', 'cancel my appointment please',
    'Please cancel the order', 'When does it end?', 'I quit my job', 'end of the month works', 'remove the second item from the order',
    'Please remove my old address', 'Take me off the guest list', 'take my name off the lease', 'Can you take me to the airport?',
    'delete the last message', 'I gave you the wrong number, it is 415 555 0100', 'the wrong number of chairs arrived',
    'You have the wrong number on the invoice', 'Don\'t text me before 9', 'don\'t message me at work tomorrow', 'I don\'t want to miss your texts',
    'I have no more questions', 'no more than 20', 'Thanks, text me again tomorrow', 'I never got your text', 'yes', 'START', 'ok', '👍', '',
    'What are my options? I want out of the office by 5', 'the opt in form is done', 'leave it at the door', 'block the calendar for Friday',
    'I will opt for the blue one', 'Did you get my message?', 'I don\'t need the receipt', 'Is this the right number?', 'contact me please',
    'Do not send the chairs yet', 'I don\'t text and drive', 'never mind', 'We sign up on Monday', 'the list is complete',
    'Please don\'t contact the seller yet', 'I\'ll never stop recommending you', 'They won\'t stop calling about the car',
    // Spanish
    'paro en su oficina mañana', 'para mañana por favor', 'el alto es de 2 metros', 'no me mande la factura por correo', 'no me llame antes de las 9',
    'quiero más información', 'le di el número equivocado', 'la parada del autobús', 'cancelar la cita', 'no quiero perder la cita',
    'quite el último artículo del pedido', 'no más preguntas', 'sí', 'basta con dos',
    // French
    'je m\'arrête à votre bureau demain', 'l\'arrêt de bus est là', 'plus de sucre svp', 'annulez le rendez-vous', 'envoyez-moi un message',
];

for (const [name, texts, expected] of [['a wish for no more texts is seen', WISHES, true], ['what is none is not', OTHERS, false]]) {
    test(name, () => {
        assert.ok(texts.length >= 60);
        assert.deepEqual(texts.filter(text => looksLikeOptOut(text) !== expected), []);
    });
}

test('case, accents, signs and blanks do not matter', () => {
    for (const text of WISHES.filter(one => !/STOP|ALTO|SMS/.test(one))) {
        for (const same of [text.toUpperCase(), `  ${text}\n`, text.replace(/ /g, '  ').replace(/'/g, '’'), `${text}!!!`]) {
            assert.equal(looksLikeOptOut(same), true, same);
        }
    }
});

test('a long text is read to its end, whatever it repeats', () => {
    for (const words of ['remove me from the ', 'dont want to get ', 'no me mande la ', 'stop it the ', 'a ', '-']) {
        assert.equal(looksLikeOptOut(`${words.repeat(2000)} house`), false);
        assert.equal(looksLikeOptOut(`${words.repeat(2000)} leave me alone`), true);
    }
});

test('no alternative of a group that repeats is made of others of the group', () => {
    assert.ok(REPEATED.length > 15);
    for (const words of REPEATED) {
        for (const one of words) {
            const others = words.filter(word => word !== one).join('|');
            assert.doesNotMatch(one, new RegExp(`^(${others})( (${others}))*$`), words.join('|'));
        }
    }
});

test('no text of a stranger freezes the panel, whatever it repeats', () => {
    const heads = ['', 'stop', 'cancel', 'opt out', 'do not text', 'do not text me', 'do not send', 'i do not want', 'no more texts', 'remove me',
        'remove my number', 'stop sending', 'i do not', 'no me mande', 'no quiero', 'no mas mensajes', 'ne veux plus', 'plus de sms', 'elimin', 'gave'];
    const repeated = new Set(['sending me', 'sending us', 'ever again', 'dont', ...REPEATED.flat().filter(word => /^[a-z ]+$/.test(word))]);
    for (const head of heads) {
        for (const words of repeated) {
            bounded(RIVERLINE, 'looksLikeOptOut', `${head} ${`${words} `.repeat(100)}zzz`);
        }
    }
});

test('who asks for texts again', () => {
    assert.deepEqual(['START', ' unstop! ', 'Yes', 'yes please', 'no', ''].map(isOptIn), [true, true, true, false, false, false]);
});
