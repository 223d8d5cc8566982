#!/usr/bin/env node
// Prints src/domain/countries.tsv: how people write each country, after the Unicode CLDR that Node brings.
// The codes come from the file as it is: node tests/phones/country-names.js < src/domain/countries.tsv
const fs = require('fs');

/** The languages that Sugar's users type in most; the country's own come on top. */
const LANGUAGES = ['en', 'de', 'fr', 'es', 'it', 'pt', 'nl'];
const SEVERAL_OWN = {BE: ['nl', 'fr', 'de'], CH: ['de', 'fr', 'it'], FI: ['fi', 'sv'], LU: ['lb', 'fr', 'de'], IE: ['ga']};
/** What CLDR does not say. */
const ALSO = {
    US: ['USA', 'U.S.', 'America', 'United States of America', 'Vereinigte Staaten von Amerika', 'Etats-Unis d’Amérique'],
    GB: ['UK', 'Great Britain', 'Britain', 'England', 'Scotland', 'Wales', 'Northern Ireland', 'Großbritannien', 'Grande-Bretagne',
        'United Kingdom of Great Britain and Northern Ireland'],
    AE: ['UAE', 'Dubai', 'Abu Dhabi'], NL: ['Holland', 'The Netherlands'], CZ: ['Czech Republic', 'Tschechische Republik'],
    KR: ['Korea', 'Republic of Korea', 'Korea, Republic of'], RU: ['Russian Federation'], VN: ['Viet Nam'], CI: ['Ivory Coast'],
    TR: ['Turkey'], MK: ['Macedonia'], HK: ['Hong Kong'], MO: ['Macao', 'Macau'], IE: ['Republic of Ireland', 'Eire'],
    DE: ['Federal Republic of Germany', 'Bundesrepublik Deutschland', 'BRD'], CN: ['PRC', 'P.R. China', "People's Republic of China"],
    BO: ['Bolivia'], VE: ['Venezuela'], IR: ['Iran'], SY: ['Syria'], TZ: ['Tanzania'], MD: ['Moldova'], LA: ['Laos'],
    SZ: ['Swaziland'], CV: ['Cape Verde'], MM: ['Burma'], PS: ['Palestine'], VA: ['Vatican'], AT: ['Oesterreich'], TW: ['Taiwan'],
};

const names = (language) => new Intl.DisplayNames([language], {type: 'region', fallback: 'none'});
const plain = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').normalize('NFC');
const key = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

const codes = fs.readFileSync(0, 'utf8').split('\n').filter((line) => /^[A-Z]{2}\t[A-Z]{3}/.test(line)).map((line) => line.split('\t'));
console.log('# ISO 3166 codes, then the names that people type. Made by tests/phones/country-names.js.');
const taken = new Map(codes.flatMap(([two, three]) => [[key(two), two], [key(three), two]]));
for (const [two, three] of codes) {
    const own = SEVERAL_OWN[two] || [new Intl.Locale('und-' + two).maximize().language];
    const all = [...LANGUAGES, ...own].map((language) => names(language).of(two)).filter(Boolean);
    const spelled = [...all, ...(ALSO[two] || [])].flatMap((name) => [name, plain(name)]);
    // A name that two countries share says nothing; the first keeps it.
    const kept = spelled.filter((name) => key(name) && !taken.has(key(name)) && taken.set(key(name), two));
    console.log([two, three, ...kept].join('\t'));
}
