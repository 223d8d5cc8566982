/*
 * What a text costs: its alphabet and into how many parts a network cuts it (3GPP TS 23.038 and 23.040). One character
 * outside the GSM alphabet makes all of it UCS-2, with less than half the room.
 */
(function(app) {
    'use strict';

    var riverline = app.riverline = app.riverline || {};

    var BASIC = '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?' +
        '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';

    /** Two septets each: an escape before them. */
    var EXTENDED = '\f^{}\\[~]|€';

    /** The most of a text alone, and of each part of several, whose header takes room: septets, UTF-16 units. */
    var ROOM = {gsm: {alone: 160, part: 153}, ucs2: {alone: 70, part: 67}};

    /** Typographic characters, mostly made by word processors, that plain ones stand in for. */
    var PLAIN = {
        '\'': '‘’‚‛′`´ʼ', '"': '“”„‟″«»', '-': '‐‑‒–—―−', '...': '…', ' ': '\t\u00a0\u2002\u2003\u2007\u2009\u202f',
        '': '\u00ad\u200b\u2060\ufeff'
    };
    var REPLACEMENTS = _.reduce(PLAIN, function(all, characters, plain) {
        characters.split('').forEach(function(character) {
            all[character] = plain;
        });
        return all;
    }, {});

    /**
     * @param {string} text
     * @return {Object} alphabet `gsm` or `ucs2`; parts: units in each; left: units that still fit into the last one;
     *     foreign: the characters that make it UCS-2, each once
     */
    riverline.segments = function(text) {
        var characters = split(text.replace(/\r\n/g, '\n'));
        var foreign = _.uniq(characters.filter(isForeign));
        var alphabet = foreign.length ? 'ucs2' : 'gsm';
        var sizes = characters.map(foreign.length ? length : septets);
        var room = ROOM[alphabet];
        var sum = sizes.reduce(add, 0);
        var parts = sum <= room.alone ? [sum] : cut(sizes, room.part);
        var most = parts.length > 1 ? room.part : room.alone;
        return {alphabet: alphabet, parts: parts, left: most - _.last(parts), foreign: foreign};
    };

    /** A text with plain characters where there are any, and whether that makes it fit the GSM alphabet. */
    riverline.plainText = function(text) {
        var plain = split(text).map(function(character) {
            return _.has(REPLACEMENTS, character) ? REPLACEMENTS[character] : character;
        }).join('');
        return {text: plain, isGsm: !_.some(split(plain), isForeign)};
    };

    /** Characters; the halves of a surrogate pair stay together. */
    function split(text) {
        return text.match(/[\ud800-\udbff][\udc00-\udfff]|[\s\S]/g) || [];
    }

    /** What has no room in a part goes into the next one whole. */
    function cut(sizes, most) {
        return sizes.reduce(function(parts, size) {
            if (_.last(parts) + size > most) {
                parts.push(0);
            }
            parts[parts.length - 1] += size;
            return parts;
        }, [0]);
    }

    function septets(character) {
        return EXTENDED.indexOf(character) >= 0 ? 2 : 1;
    }

    function isForeign(character) {
        return BASIC.indexOf(character) < 0 && EXTENDED.indexOf(character) < 0;
    }

    function length(character) {
        return character.length;
    }

    function add(sum, size) {
        return sum + size;
    }
})(SUGAR.App);
