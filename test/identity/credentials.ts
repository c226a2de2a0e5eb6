export type Headers = readonly (readonly [string, string])[];

/** The secrets of the router. */
export const [NEW, OLD] = ['the-new-secret', 'the-old-secret'] as const;
export const NAME = 'router-authorization';

/** What does not show one of these secrets. */
export const WRONG_CREDENTIALS: readonly (readonly [string, Headers])[] = [
  ['no secret', []],
  ['a wrong one', [[NAME, 'the-bad-secret']]],
  ['an empty one', [[NAME, '']]],
  ['one that lacks its last letter', [[NAME, NEW.slice(0, -1)]]],
  ['one with a letter more', [[NAME, `${OLD}s`]]],
  ['one in the wrong case', [[NAME, NEW.toUpperCase()]]],
  ['one with Bearer before it', [[NAME, `Bearer ${NEW}`]]],
  ['one in quotes', [[NAME, `"${NEW}"`]]],
  ['both in one header', [[NAME, `${NEW},${OLD}`]]],
  [
    'the right one in two headers',
    [
      [NAME, NEW],
      [NAME, NEW],
    ],
  ],
  [
    'a wrong one before the right one',
    [
      [NAME, 'wrong'],
      [NAME, NEW],
    ],
  ],
  [
    'a wrong one after the right one',
    [
      [NAME, OLD],
      [NAME.toUpperCase(), 'wrong'],
    ],
  ],
  ['the right one under another name', [['x-router-authorization', NEW]]],
  ['the right one under a name with an underscore', [['router_authorization', NEW]]],
  ['the right one as a bearer token', [['authorization', `Bearer ${NEW}`]]],
  ['the right one as a cookie', [['cookie', `${NAME}=${NEW}`]]],
  ['its digest', [[NAME, Buffer.from(NEW).toString('base64')]]],
];
