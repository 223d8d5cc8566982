/*
 * Texts that are no keyword of the service and still look like a wish for no more texts: whatever a reasonable person
 * would take for one has to be honoured (sms-gateways 9), and a person decides.
 */
(function(app) {
    'use strict';

    var riverline = app.riverline = app.riverline || {};

    /** The service acts on these itself when they are the whole text. */
    var STOP = [
        'stop', 'stopall', 'stop all', 'unsubscribe', 'cancel', 'end', 'quit', 'revoke', 'optout', 'opt out', 'remove', 'arret'
    ];
    var START = ['start', 'unstop', 'yes'];

    var TEXTS = '(texts?|texting|messages?|messaging|msgs?|sms|spam|mensajes?|textos?|publicidad)';
    var LISTS = '(lists?|database|system|contacts|mailing|marketing|distribution|texts?|messages?|sms)';
    var US = '(me|us|this number|this phone|my (number|phone|cell|cellphone|info|information|contact info))';

    /** Said of somebody's own doing, or of other lists and numbers: taken out before anything is looked for. */
    var HARMLESS = [
        /\b(i|we|he|she|they|it|you guys)( ll| will| had to| have to| need to| must| should| can| cant| cannot| wont| never| didnt| dont| do not)+( ever)? (stop|quit) \w+/g,
        /\b(ill|well|lets|dont|do not|never|not|cant|wont|didnt)( (want|wish|like|need))?( me)?( to)?( ever)? (stop|quit) \w+/g,
        /\b(guest|waiting|wait|price|shopping|packing|to do|email) lists?\b/g,
        /\b(gave|give|given|wrote|typed|dialed|entered|put|listed|had|have)( \w+){0,2} (a |the )?wrong (number|phone|person) (of|on|in|for|to)\b/g,
        /\b(gave|give|given|wrote|typed|dialed|entered|put|listed)( \w+){0,3} wrong (number|phone|person)\b/g,
        /\b(le|te|les) (di|dio|dieron|puse|mande)( \w+){0,2} numero equivocado\b/g
    ];

    /**
     * Any of them in a folded text. Of the alternatives in a repeated group none may be made of others: a stranger's text
     * that can be read in several ways would take forever.
     */
    var SIGNS = [
        // The word itself with nothing else of weight.
        /^((please|pls|plz|just|now|ok|okay|it|this|thanks|thank|you|thx|hey|i|said|can|u|would|no|immediately|already|asap|por|favor|ya|svp|merci|\d+) )*(stop|stopp+|unsubscribe|quit|pare|paren|parar|alto|basta|baja|detener|cancelar|arretez?)( (please|pls|plz|just|now|ok|okay|it|this|that|thanks|thank|you|thx|immediately|already|asap|me|stop|all|por|favor|ya|svp|merci|\d+))*$/,
        /\b(unsubscribe|unsubscribed|opt me out|opt us out|revoke my consent|i revoke|do not consent|dont consent)\b/,
        /\bopt out( (please|now|thanks|thank you|immediately))*$/,
        new RegExp('\\bopt(ing|ed)? out (of|from) (\\w+ ){0,2}' + LISTS),
        // Stop texting.
        new RegExp('\\b(stop|quit|cease)( (it|all|the|these|those|this|your|with the|with your|sending|me|us|with these))* ' + TEXTS + '\\b'),
        /\b(stop|quit|cease) (contacting|bothering|bugging|spamming|harassing|writing|calling|emailing|msging|txting|smsing|messing with) ?(me|us|this|my|here|$)/,
        /\b(stop|quit) sending (me |us )?(these|this|those|them|stuff|things|anything|offers?|ads?|promotions?|promos?)\b/,
        /\b(stop|quit) sending( me| us)?$/,
        new RegExp('\\b(cancel|end)( (all|the|these|those|this|my|your|me))* ' + TEXTS + '\\b'),
        // Do not text.
        new RegExp('\\b(do not|dont|never|no longer|please not)( ever| please)? (text|message|msg|contact|write|sms|txt)( ' + US + ')?( (again|anymore|any more|ever|at all|please|thanks|thank you|back|or i .*|i .*|you .*))*$'),
        /\b(do not|dont|never) (text|message|msg|contact|write|sms|txt)( \w+){0,3} (again|anymore|any more|ever again|at all)\b/,
        new RegExp('\\b(do not|dont|never) send( me| us)?( any)?( more)?( of)?( (these|those|this|your))* ' + TEXTS + '\\b( (again|anymore|any more|please|thanks|ever))*$'),
        new RegExp('\\b(do not|dont|no longer|never) (want|wish|need|care|like)( (to|get|receive|be|getting|any|more|your|these|those|this|such|for|of))* (' + TEXTS + '|contacted|texted|messaged)\\b'),
        /^(please )?(no more|no further) (texts?|messages?|msgs?|sms|text messages)( (please|thanks|thank you|ever|from you))*$/,
        new RegExp('\\b(want|asked for|said) no more ' + TEXTS + '\\b'),
        // Off the list.
        new RegExp('\\b(remove|take|delete|drop|scratch|get|erase) ' + US + '( (off|out|from|of|the|your|this|that|these|any|all|contact|marketing|texting|phone|sms|mailing)){1,6} ' + LISTS + '\\b'),
        new RegExp('^((please|pls|kindly|hi|hello|ok) )*(remove|delete|erase) ' + US + '( (please|pls|now|immediately|thanks|thank you|asap))*$'),
        /\b(lose|forget) (my|this) number\b/,
        // Not me.
        /\bwrong (number|person|phone|num)\b(?! (of|on|in)\b)/,
        /\b(you have|youve got|you got|this is) the wrong\b( (guy|girl|man|woman|lady))/,
        /\bnot the (person|one) (you are|youre|you re) (looking for|trying to reach)\b/,
        // Enough.
        /\bleave (me|us) alone\b/,
        /\b(unwanted|unsolicited) (texts?|messages?|sms)\b/,
        /\b(this is|youre|you are|reported as|report(ing)? (you|this|it) (as|for)) (spam|spamming|harassment)\b/,
        /\b(im|i am|i will|ill|going to|gonna) block(ing)? (you|this number|your number)\b/,
        /\bnever (signed up|subscribed|agreed|gave (you )?permission)\b/,
        // Spanish.
        /\bno (me|nos) (mand|envi|escrib|contact|molest|text|llam|marqu)\w*( (por favor|ya|a este numero|a mi numero|gracias))*$/,
        /\b(ya )?no (me|nos) (mand|envi|escrib|contact|molest|text|llam)\w*( \w+){0,2} (mas|nunca|otra vez|de nuevo|mensajes?|textos?|sms|publicidad|propaganda)\b/,
        /\b(deja|deje|dejen|dejar|para|pare|paren|parar) de (enviar|mandar|escribir|molestar|contactar|textear|llamar|mensajear)\w*\b/,
        /\bno (quiero|deseo|queremos|deseamos)( (recibir|mas|que|me|nos|sus|tus|estos|los|mande|manden|envien|seguir|recibiendo|ya))* (mensajes?|textos?|sms|publicidad|notificaciones)\b/,
        /\b(elimin|borr|quit|saqu|sac|remuev)\w*( \w+){0,3} (((su|la|tu|sus|esta) )listas?|base de datos)\b/,
        /\b(elimin|borr|quit)\w* (mi|este) numero\b/,
        /\b(numero|persona) equivocad[oa]\b/,
        /\bequivoc\w+ de numero\b/,
        /\b(dar(me)?|de(n)?me|dame|deme) de baja\b/,
        /^(por favor )?(no|ya no) mas (mensajes?|textos?|sms)( (por favor|gracias))*$/,
        /\b(dejame|dejeme|dejenme) en paz\b/,
        /\bcancel\w* (los |estos |sus |la suscripcion de )?(mensajes|textos|sms)\b/,
        // French.
        /\barrete[rz]? (de |d )?(me |m |nous |n )?(menvoyer|envoyer|mecrire|ecrire|texter|mecontacter|contacter|harceler|deranger|spammer)\b/,
        /\bne (me |nous |m )?(contactez|contacte|envoyez|menvoyez|envoie|menvoie|ecrivez|mecrivez|textez|texte|derangez)( \w+){0,1} plus\b/,
        /\b(desabonn|desinscri)\w*/,
        /\b(retirez|enlevez|supprimez|otez|effacez)( \w+){0,3} (votre|vos|la) listes?\b/,
        /\b(supprimez|effacez|retirez) mon numero\b/,
        /\b(mauvais|faux) numero\b/,
        /\bne (veux|voulons|souhaite|souhaitons|desire) plus( (recevoir|de|vos|ces|des|aucun))* (messages?|sms|textos?)\b/,
        /^(svp )?plus de (messages?|sms|textos?)( (svp|merci|s il vous plait))*$/
    ];

    /** The capitals are the keyword, wherever it stands among other words. */
    var SHOUTED = /(^|[^A-Za-z])(STOP|STOPALL|UNSUBSCRIBE|OPTOUT)([^A-Za-z]|$)/;

    /** Characters at each end of a long text that are looked at: more than a text of several parts holds. */
    var ENDS = 800;

    var ACCENTS = {a: /[àáâãäå]/g, c: /ç/g, e: /[èéêë]/g, i: /[ìíîï]/g, n: /ñ/g, o: /[òóôõö]/g, u: /[ùúûü]/g};

    /** Letters and digits only, in lower case, without accents and apostrophes, words between single blanks. */
    function folded(text) {
        var plain = text.toLowerCase().replace(/['’‘`´]/g, '');
        _.each(ACCENTS, function(pattern, letter) {
            plain = plain.replace(pattern, letter);
        });
        return plain.replace(/[^a-z0-9]+/g, ' ').trim();
    }

    /** Whether a text of theirs that is no keyword looks like a wish for no more texts. */
    riverline.looksLikeOptOut = function(whole) {
        var text = whole.length > 2 * ENDS ? whole.slice(0, ENDS) + ' ' + whole.slice(-ENDS) : whole;
        var said = folded(text);
        if (!said || _.contains(STOP, said)) {
            return false;
        }
        if (SHOUTED.test(text) && /[a-z]/.test(text)) {
            return true;
        }
        HARMLESS.forEach(function(pattern) {
            said = said.replace(pattern, ' - ');
        });
        return SIGNS.some(function(pattern) {
            return pattern.test(said);
        });
    };

    /** Whether they asked for texts again. */
    riverline.isOptIn = function(text) {
        return _.contains(START, folded(text));
    };
})(SUGAR.App);
