// What a text costs: the vectors of the gateway reference (7.2), on which four other counters agree.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const {riverline, words} = require('./support/load');

const rl = riverline();
const {segments, plainText} = rl;
const texts = new rl.Texts({now: Date.now, lang: key => words()[key] || key});
const FAMILY = '\u{1F468}\u200d\u{1F469}\u200d\u{1F467}\u200d\u{1F466}';

/** [text, alphabet, bytes or septets of each part] */
const VECTORS = [
    ['', 'gsm', [0]],
    ['A'.repeat(160), 'gsm', [160]],
    ['A'.repeat(161), 'gsm', [153, 8]],
    ['A'.repeat(153) + '€' + 'B'.repeat(10), 'gsm', [153, 12]],
    ['A'.repeat(152) + '€' + 'B'.repeat(100), 'gsm', [152, 102]],
    ['€'.repeat(80), 'gsm', [160]],
    ['€'.repeat(81), 'gsm', [152, 10]],
    ['ż'.repeat(70), 'ucs2', [140]],
    ['ż'.repeat(71), 'ucs2', [134, 8]],
    ['😀'.repeat(35), 'ucs2', [140]],
    ['😀'.repeat(36), 'ucs2', [132, 12]],
    ['ż'.repeat(66) + '😀' + 'x'.repeat(5), 'ucs2', [132, 14]],
    ['é à ò ç Ç', 'ucs2', [18]],
    ['é à ò Ç', 'gsm', [7]],
    ['`', 'ucs2', [2]],
    ['ğüşiİ', 'ucs2', [10]],
    ['a\fb', 'gsm', [4]],
    ['a\r\nb', 'gsm', [3]],
    ['“smart” quotes – and…', 'ucs2', [42]],
];

test('every vector of the reference', () => {
    for (const [text, alphabet, sizes] of VECTORS) {
        const found = segments(text);
        const unit = alphabet === 'ucs2' ? 2 : 1;
        assert.deepEqual([found.alphabet, ...found.parts.map(part => part * unit)], [alphabet, ...sizes], JSON.stringify(text.slice(0, 20)));
    }
    assert.deepEqual([segments(FAMILY.repeat(7)).alphabet, segments(FAMILY.repeat(7)).parts.length], ['ucs2', 2]);
});

test('the whole GSM alphabet of 3GPP TS 23.038 costs one septet a character, its extension two', () => {
    const basic = '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
    assert.equal(basic.length, 127);
    for (const character of basic) {
        assert.deepEqual([...segments(character).parts], [1], character);
    }
    for (const character of '\f^{}\\[~]|€') {
        assert.deepEqual([...segments(character).parts], [2], character);
    }
    for (const character of 'ç`’–êâíó\tŞ中') {
        assert.equal(segments(character).alphabet, 'ucs2', character);
    }
});

test('what is left in the last part, and which characters are to blame, each once', () => {
    assert.equal(segments('').left, 160);
    assert.equal(segments('A'.repeat(161)).left, 145);
    assert.equal(segments('ż').left, 69);
    assert.deepEqual([...segments('“a” “b” 😀').foreign], ['“', '”', '😀']);
});

test('cutting loses nothing and no part is too long, whatever the text', () => {
    const alphabet = ['A', '€', '\n', 'ż', '😀', '“', '\ud83d', '\udc00', '[', ' '];
    let seed = 7;
    const random = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
    for (let round = 0; round < 500; round++) {
        const kinds = alphabet.slice(0, 2 + Math.floor(random() * 9));
        const text = Array.from({length: Math.floor(random() * 400)}, () => kinds[Math.floor(random() * kinds.length)]).join('');
        const found = segments(text);
        const [alone, part] = found.alphabet === 'gsm' ? [160, 153] : [70, 67];
        const units = found.alphabet === 'gsm' ? [...text].reduce((sum, one) => sum + ('€['.includes(one) ? 2 : 1), 0) : text.length;
        assert.equal(found.parts.reduce((sum, one) => sum + one, 0), units);
        assert.equal(found.parts.length === 1, units <= alone);
        assert.ok(found.parts.every(size => size <= (found.parts.length === 1 ? alone : part)));
        assert.ok(found.parts.slice(0, -1).every(size => size >= part - 1), 'a part was left half empty');
    }
});

test('plain characters for typographic ones, and nothing for those that carry meaning', () => {
    assert.deepEqual({...plainText('“smart” quotes – and…\u00a0it’s')}, {text: '"smart" quotes - and... it\'s', isGsm: true});
    assert.deepEqual({...plainText('ça “va” 😀')}, {text: 'ça "va" 😀', isGsm: false});
    assert.equal(plainText('a\u200bb\tc').text, 'ab c');
});

test('the words under the composer: what is left, the parts, the characters to blame, what may be done', () => {
    const said = text => ({...rl.cost(texts, text, 1600)});
    assert.deepEqual(said(''), {count: '160 left · 1 part', over: false, foreign: '', canReplace: false, said: ''});
    assert.deepEqual(said('A'.repeat(161)), {count: '145 left · 2 parts', over: false, foreign: '', canReplace: false, said: '2 parts'});
    assert.deepEqual(said('“Yes”'), {
        count: '65 left · 1 part', over: false, foreign: 'Less fits into a part because of “ ”', canReplace: true,
        said: 'Less fits into a part because of “ ”',
    });
    assert.equal(said('a\u00a0b').foreign, 'Less fits into a part because of a special space');
    assert.deepEqual([said('“😀”').canReplace, said('żółć').foreign], [false, 'Less fits into a part because of ż ó ł …']);
    assert.deepEqual([said('x'.repeat(1601)).over, said('x'.repeat(1601)).count], [true, '1601 / 1600']);
});
