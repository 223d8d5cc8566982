/*
 * What stands under the composer of a text, in words: how much still fits, how many parts it takes, and which characters
 * make it dear.
 */
(function(app) {
    'use strict';

    var riverline = app.riverline = app.riverline || {};
    var NAMED = 3;

    /** Characters that nobody would recognise on the screen. */
    var NAMES = {
        '\t': 'LBL_RL_CHARACTER_TAB', '\u00a0': 'LBL_RL_CHARACTER_SPACE', '\u2002': 'LBL_RL_CHARACTER_SPACE',
        '\u2003': 'LBL_RL_CHARACTER_SPACE', '\u2007': 'LBL_RL_CHARACTER_SPACE', '\u2009': 'LBL_RL_CHARACTER_SPACE',
        '\u202f': 'LBL_RL_CHARACTER_SPACE', '\u00ad': 'LBL_RL_CHARACTER_HIDDEN', '\u200b': 'LBL_RL_CHARACTER_HIDDEN',
        '\u200c': 'LBL_RL_CHARACTER_HIDDEN', '\u200d': 'LBL_RL_CHARACTER_HIDDEN', '\u2060': 'LBL_RL_CHARACTER_HIDDEN',
        '\ufe0f': 'LBL_RL_CHARACTER_HIDDEN', '\ufeff': 'LBL_RL_CHARACTER_HIDDEN'
    };

    /**
     * @param {Object} texts a riverline.Texts
     * @param {string} text what stands in the composer
     * @param {number} limit the most characters that the gateway takes
     * @return {Object} count: words; over: whether it is too long; foreign: words about the characters that make it UCS-2;
     *     canReplace: whether plain ones would do; said: what a screen reader hears when the writing rests
     */
    riverline.cost = function(texts, text, limit) {
        var used = riverline.characters(text);
        var found = riverline.segments(text);
        var parts = found.parts.length;
        var over = used > limit;
        var left = texts.word('LBL_RL_CHARACTERS_LEFT', [found.left]);
        var inParts = parts > 1 ? texts.word('LBL_RL_PARTS', [parts]) : texts.word('LBL_RL_ONE_PART');
        var foreign = found.foreign.length ? texts.word('LBL_RL_FOREIGN', [named(texts, found.foreign)]) : '';
        return {
            count: over ? used + ' / ' + limit : left + ' · ' + inParts, over: over, foreign: foreign,
            canReplace: !!foreign && riverline.plainText(text).isGsm,
            said: over ? texts.word('LBL_RL_TEXT_TOO_LONG', [used, limit]) :
                _.compact([parts > 1 ? inParts : '', foreign]).join('. ')
        };
    };

    function named(texts, foreign) {
        var names = _.uniq(foreign.map(function(character) {
            return _.has(NAMES, character) ? texts.word(NAMES[character]) : character;
        }));
        return names.slice(0, NAMED).join(' ') + (names.length > NAMED ? ' …' : '');
    }
})(SUGAR.App);
