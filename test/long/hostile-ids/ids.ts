import { pick } from '../../support/random.ts';
import { HEX_LETTERS, PLAIN_LETTERS } from './alphabets.ts';

/** A text given as an ID. */
export interface Id {
  kind: string;
  text: string;
}

/** Names of Object.prototype are valid IDs where letters and `_` are allowed. */
const PROTOTYPE_NAMES = [
  ...['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString', 'valueOf', 'toJSON'],
  ...['__defineGetter__', '__lookupGetter__', 'isPrototypeOf', 'length', 'then', 'undefined'],
];
/** Held by the stand-ins. */
export const RETURNING_AI_IDS = [
  ...['84845081-98fd-46f3-96aa-1032174e58a5', 'badges', 'award', '-', '_', '0', 'Z'.repeat(64)],
  ...PROTOTYPE_NAMES,
];
export const TAG_MANGO_IDS = [
  '6657092c8142bfe0656481bf',
  '6657092C8142BFE0656481C0',
  '0'.repeat(24),
];
const KNOWN = [
  ...RETURNING_AI_IDS,
  ...TAG_MANGO_IDS,
  ...TAG_MANGO_IDS.map((id) => id.toUpperCase()),
];

const DOTS = [
  ...['..', '.', '...', '%2e%2e', '%2E%2e', '%2e.', '.%2e', '%252e%252e', '%25252e%25252e'],
  ...['%c0%ae%c0%ae', '%u002e%u002e', '．．', '\u2024\u2024', '..;', '..%00', '..\t', '&#46;&#46;'],
];
const SLASHES = [
  ...[
    '/',
    '//',
    '\\',
    '%2f',
    '%2F',
    '%5c',
    '%252f',
    '%c0%af',
    '%u2215',
    '／',
    '∕',
    '⁄',
    ';/',
    '/./',
  ],
];
const WORDS = ['badges', 'users', 'lookup', 'assign', 'award', 'remove', 'admin', 'api', 'v1', ''];
const CONTROLS = [
  ...['\0', '\r', '\n', '\r\n', '\t', '\u000b', '\u001b', '\u007f', '\u0085', '\u2028', '%00'],
  ...['%0d%0a', '%0a', '\r\nHost: evil.example', ' HTTP/1.1\r\nX-A: b', '\u560d\u560a'],
  '\r\n\r\nDELETE /api/v1/badges/0 HTTP/1.1\r\nHost: a\r\n\r\n',
];
/** Each looks like the preceding letter, or becomes it by case folding or normalization. */
const LOOK_ALIKES = [
  ...[
    '0０',
    '0٠',
    '0𝟎',
    '1１',
    '1¹',
    '2२',
    'aа',
    'aａ',
    'eе',
    'eé',
    'ee\u0301',
    'cс',
    'k\u212a',
    'ii̇',
    'iı',
  ],
  ...['sſ', 'oο', 'ffi', 'bᵇ', '-‐', '-−', '_＿', '-\u00ad', '0\u200d', 'a\u202e', 'a\ufeff'],
];
const DELIMITERS = [
  ...[
    '?',
    '?a=1',
    '#',
    '#/..',
    ';',
    ';a=b',
    '@',
    '@evil.example',
    ':80',
    '&',
    '=',
    '+',
    ' ',
    '%20',
  ],
  ...[
    '%',
    '%zz',
    '%25',
    ',',
    '*',
    '!',
    '$',
    "'",
    '"',
    '`',
    '<',
    '>',
    '{id}',
    '${id}',
    '|',
    '^',
    '~',
  ],
];
const SCHEMES = [
  ...['http://evil.example/', 'https://evil.example', '//evil.example', 'https:\\\\evil.example'],
  ...[
    'javascript:alert(1)',
    'data:,x',
    'file:///etc/passwd',
    'blob:x',
    'ftp://a',
    'HTTP://127.0.0.1',
  ],
  ...['http:evil', 'ws://a', 'unix:/tmp/a', 'http://[::1]/', 'http://0x7f.1/', 'http://a@b'],
];
const NUMBERS = [
  ...['0', '-0', '-1', '1.5', '1e3', 'NaN', 'Infinity', '-Infinity', '0x10', '0b1', '1_000', '٣'],
  ...[
    '9'.repeat(20),
    '9'.repeat(21),
    '9007199254740993',
    '1n',
    '+1',
    '00',
    '919900112233',
    '+919900112233',
  ],
];
const BLANKS = ['', ' ', '  ', '\t', '\n', '\u00a0', '\ufeff', '\u200b', '\u3000', '%20', 'null'];
const IDN_DOTS = ['。', '．', '｡', '。。', '．．／', '․', '‥', '…'];
const SURROGATES = ['\ud800', '\udbff', '\udc00', '\udfff', '\udc00\ud800'];
const EMAILS = [
  ...[
    'a@b',
    'ada@example.com',
    'a+b&phone=1#x@example.com',
    'ü@例え.jp',
    "o'hara@example.com",
    '%@%',
  ],
  ...['a@b@c', '@', 'a@', '@b', 'a b@c', 'a@b\n', 'a\0@b', 'a@\ud800', 'a@b\u0085', 'a\u2028@b'],
  ...[`${'a'.repeat(64)}@${'b'.repeat(190)}`, `${'a'.repeat(65)}@b`, `a@${'b'.repeat(191)}`],
  ...[`${'😀'.repeat(64)}@${'😀'.repeat(190)}`, '../@..', 'a/@b?c', '__proto__@constructor'],
];

type Random = () => number;
type Maker = (random: Random) => string;

const whole = (random: Random, below: number): number => Math.floor(random() * below);
const some = (random: Random, most: number, make: () => string): string =>
  Array.from({ length: whole(random, most + 1) }, make).join('');
const letters = (random: Random, among: string, length: number): string =>
  Array.from({ length }, () => among[whole(random, among.length)]).join('');

/** Inserts it into a valid ID, or replaces a part of one. */
function into(random: Random, text: string): string {
  const id = pick(KNOWN, random);
  const at = whole(random, id.length + 1);
  return id.slice(0, at) + text + id.slice(at + whole(random, 3));
}

const MAKERS: Readonly<Record<string, Maker>> = {
  known: (random) => pick(KNOWN, random),
  allowed: (random) =>
    random() < 0.3
      ? letters(random, HEX_LETTERS, 24)
      : letters(random, PLAIN_LETTERS, 1 + whole(random, 64)),
  traversal: (random) =>
    some(random, 2, () => pick(KNOWN, random) + pick(SLASHES, random)) +
    pick(DOTS, random) +
    pick(SLASHES, random) +
    some(random, 3, () => pick([...DOTS, ...WORDS], random) + pick(SLASHES, random)) +
    pick([...WORDS, ...KNOWN], random),
  dots: (random) => pick([...DOTS, ...SLASHES], random),
  'control characters': (random) => into(random, pick(CONTROLS, random)),
  'look-alikes': (random) => {
    const [letter = '', ...others] = [...pick(LOOK_ALIKES, random)];
    const id = pick(KNOWN, random);
    const other = others.join('');
    return id.includes(letter) ? id.replace(letter, other) : into(random, other);
  },
  delimiters: (random) => into(random, pick(DELIMITERS, random)),
  schemes: (random) => pick(SCHEMES, random) + some(random, 1, () => pick(KNOWN, random)),
  'names of prototypes': (random) => pick(PROTOTYPE_NAMES, random),
  numbers: (random) => pick(NUMBERS, random),
  'lone surrogates': (random) => into(random, pick(SURROGATES, random)),
  blank: (random) => pick(BLANKS, random),
  'too long': (random) =>
    letters(random, PLAIN_LETTERS, random() < 0.01 ? 20_000 : 65 + whole(random, 400)),
  'nearly 24 digits': (random) => letters(random, HEX_LETTERS, pick([22, 23, 25, 26, 48], random)),
  'dots of other scripts': (random) => into(random, pick(IDN_DOTS, random)),
  'e-mails': (random) => pick(EMAILS, random),
  'any text': (random) => some(random, 40, () => String.fromCharCode(whole(random, 0x10000))),
  'any bytes, encoded': (random) =>
    some(random, 30, () => `%${whole(random, 256).toString(16).padStart(2, '0')}`),
};
const KINDS = Object.keys(MAKERS);

export function nextId(random: Random): Id {
  const kind = pick(KINDS, random);
  return { kind, text: MAKERS[kind]?.(random) ?? '' };
}
