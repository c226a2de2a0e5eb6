/** URLs of pictures, and whether they may be shown and written. */

/** A host of so many characters, in labels that are no longer than DNS allows. */
const hostOf = (characters: number): string =>
  Array.from({ length: characters }, (_, at) => (at % 64 === 63 ? '.' : 'a')).join('');

/** Whatever the surroundings. */
export const GOOD_URLS = [
  'https://img.example/a.png',
  'HTTPS://IMG.EXAMPLE/A.PNG',
  'https://img.example:8443/a.png?x=1&y=%2F#z',
  'https://img.example',
  'https://img.example/@ada/a.png',
  'https://xn--bcher-kva.example/a.png',
  'https://bücher.example/größe.png',
  'https://127.0.0.1/a.png',
  'https://[2001:db8::1]/a.png',
  'https://img.example/ada%27s%20(2)–[1].png?a=1&b={c}|d;e,f!*~^$+=',
  'https://img_1.s3.img.example./a.png',
  'https://straße.example:443/バッジ・金ー.png',
  'https://مثال.example/شارة/ตรา/🏅.png',
  `https://img.example/${'a'.repeat(7_900)}`,
  `https://${hostOf(255)}/a.png`,
];

/** Plain http that never leaves this machine: outside production only. */
export const LOOPBACK_URLS = [
  'http://127.0.0.1/a.png',
  'http://127.0.0.1:4010/pictures/a.svg',
  'http://127.255.255.254/a.png',
  'http://localhost:3000/a.png',
  'HTTP://LOCALHOST/a.png',
  'http://[::1]:80/a.png',
];

/** Whatever the surroundings. */
export const BAD_URLS = [
  // Scripts and data.
  ...[
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    ' javascript:alert(1)',
    'java\nscript:alert(1)',
  ],
  ...['java\tscript:alert(1)', 'javascript://img.example/%0aalert(1)', '\u0001javascript:alert(1)'],
  ...[
    'vbscript:msgbox(1)',
    'data:,a',
    'data:image/svg+xml,<svg onload=alert(1)>',
    'blob:https://a/b',
  ],
  ...['file:///etc/passwd', 'ftp://img.example/a.png', 'ws://img.example', 'about:blank', 'x:y'],
  'filesystem:https://img.example/a.png',
  'view-source:https://img.example/',
  // Plain http.
  ...['http://img.example/a.png', 'HTTP://img.example/a.png', 'http://10.0.0.1/a.png'],
  ...['http://0.0.0.0/a.png', 'http://169.254.169.254/latest/meta-data', 'http://[::ffff:7f00:1]/'],
  ...[
    'http://127.0.0.1.evil.example/',
    'http://localhost.evil.example/',
    'http://evil.example#localhost',
  ],
  ...['http://evil.example/127.0.0.1', 'http://evil.example?localhost', 'http://[::2]/a.png'],
  // Longer than any host.
  `https://${hostOf(257)}/a.png`,
  `https://${'ü.'.repeat(128)}example/a.png`,
  // Not absolute as it is written, though a parser makes it so.
  ...['//evil.example/a.png', '/a.png', 'a.png', '\\\\evil.example\\a.png', 'https:evil.example'],
  ...[
    'https:/evil.example',
    'https:///evil.example',
    'https:\\\\evil.example',
    'https:/\\evil.example',
  ],
  ...['https://', 'https://?', 'https://#', 'https:///', 'https', 'https:', '://evil.example'],
  ...['https://\\evil.example', 'https://?evil.example', 'https:// evil.example'],
  // Credentials.
  ...['https://ada:secret@img.example/', 'https://ada@img.example/', 'https://@img.example/'],
  ...[
    'https://:secret@img.example/',
    'https://img.example@evil.example/',
    'http://localhost@evil.example/',
  ],
  ...['https://img.example%40evil.example/', 'https://img.example\\@evil.example/'],
  // Spaces, line breaks and other control characters, at the ends and inside.
  ...[' https://img.example/a.png', 'https://img.example/a.png ', '\thttps://img.example', '\n'],
  ...['https://img.example/a b.png', 'https://img.example/a\tb', 'https://img.example/a\nb'],
  ...[
    'https://img.example/a\r\nSet-Cookie: a=b',
    'ht\ntps://img.example',
    'https://img\n.example/',
  ],
  ...['https://img.example/a\0', 'https://img.example/\u0085', 'https://img.example/\u2028'],
  ...['\ufeffhttps://img.example/', 'https://img.example/\u00a0', 'https://img.example/\u007f'],
  // What would leave an attribute.
  ...[
    'https://img.example/"onerror="alert(1)',
    'https://img.example/<script>',
    'https://img.example/>',
  ],
  ...[...'\'`´"‘’‚‛“”„‟‹›«»′″‵‶‷⁗ʹʺʻʼʽˈˊˋˮ՚׳״᾿´´῾「」『』〝〞〟﹁﹂＂＇｀'].flatMap((quote) => [
    `https://img.example/a${quote}b.png`,
    `https://img${quote}.example/a.png`,
    `https://img.example/?a=${quote}onerror=alert(1)`,
    `https://img.example/#${quote}`,
  ]),
  // What changes the order of letters, or cannot be seen.
  ...[
    ...'\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u206a\u206f',
    ...'\u00ad\u034f\u115f\u180e\u200b\u200c\u200d\u2060\u2064\u3164\ufe0f\ufeff\ufff9\uffa0\ue000\uffff',
    ...['\u{e0041}', '\u{1d173}', '\u{f0000}', '\u{1fffe}'],
  ].flatMap((letter) => [
    `https://img.example/a${letter}gnp.exe`,
    `https://img${letter}.example/a.png`,
    `https://img.example/?${letter}`,
  ]),
  // Hosts that a parser reads as others.
  ...['https://%65vil.example/', 'https://img%2eexample/', 'https://img.example%2f@evil.example/'],
  ...['https://127.1/', 'https://0x7f.0.0.1/', 'https://2130706433/', 'https://0177.0.0.1/'],
  ...[
    'https://ｅvil.example/',
    'https://evil。example/',
    'https://evil．example/',
    'https://①.example/',
  ],
  ...['https://img.example&sol;.evil.example/', 'https://img.example;a/', 'https://(img).example/'],
  ...['https://a*b.example/', 'https://a,b.example/', 'https://$.example/', 'https://{a}.example/'],
  // Letters that look like others, or become them.
  ...[
    'httpſ://img.example/',
    'ｈttps://img.example/',
    'https：//img.example/',
    'https:／／img.example/',
  ],
  ...[
    'https://img.example／@evil.example/',
    'https://evil.c℀.example/',
    'https://img.example\ud800/',
  ],
  ...['https://img.example/\ud800', 'https://img.example/\udc00\ud800', 'https://%00.example/'],
  // Hosts that are none.
  ...['https://img example/', 'https://[::1', 'https://[zz]/', 'https://img.example:99999/'],
  ...['https://img.example:x/', 'https://256.256.256.256/', 'https://a%20b/', 'https://%/'],
  `https://img.example/${'a'.repeat(8_000)}`,
  `https://${'a'.repeat(100_000)}.example/`,
];
