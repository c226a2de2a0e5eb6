/** A fault of the fast path: what stands in one of its files, and what stands there instead. */
export interface Mutation {
  file: string;
  from: string;
  to: string;
}

/** Each changes a few bytes of the source, and none is seen by the compiler. */
export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'entities are separated by another byte': {
    file: 'fragments.ts',
    from: 'toFlat(`,$',
    to: 'toFlat(`;$',
  },
  'an answer ends with another byte': {
    file: 'plans.ts',
    from: "tail: ']}}\\n'",
    to: "tail: ']}}\\t'",
  },
  'null is spelled otherwise': { file: 'render.ts', from: "? 'null'", to: "? 'nule'" },
  'a fragment of an old list is used': {
    file: 'fragments.ts',
    from: 'seen?.identity !== identity',
    to: 'seen?.identity === undefined',
  },
  'the fragment that is expected is used without a look': {
    file: 'fragments.ts',
    from: 'body.slice(at, at + raw.length) === raw',
    to: "body.slice(at, at + 1) === '{'",
  },
  'an answer from an old list is used': {
    file: 'answer-cache.ts',
    from: 'if (!kept?.lists.every(',
    to: 'if (!kept?.lists.some(Boolean) && !kept?.lists.every(',
  },
  'a stale list may be stored': {
    file: 'snapshot-view.ts',
    from: "state === 'STALE'",
    to: "state === 'FRESH'",
  },
  'a missing badge may be stored for long': {
    file: 'snapshot-view.ts',
    from: '#keepMs = Math.min',
    to: '#keepMs = Math.max',
  },
  'the age of a list is not subtracted': {
    file: 'snapshot-view.ts',
    from: '#oldestAsOf + freshMs - now()',
    to: '#oldestAsOf + freshMs - this.#oldestAsOf',
  },
  'the accepted types of answers are ignored': {
    file: 'head.ts',
    from: 'varyBy: [type, accept, host]',
    to: "varyBy: [type, '', host]",
  },
  'the last head is taken for one of other accepted types': {
    file: 'head.ts',
    from: ' && ones[1] === others[1]',
    to: '',
  },
  'a plan is found by the beginning of its document': {
    file: 'plans.ts',
    from: 'last?.first === first && ',
    to: 'last && ',
  },
  'a coded body is read as it is': {
    file: 'head.ts',
    from: "'content-encoding', ",
    to: '',
  },
  'the headers of a caller are not all read': {
    file: 'head.ts',
    from: "actor.includes(',')",
    to: "actor.includes(';')",
  },
  'one representation too many is let through': {
    file: 'plans.ts',
    from: '1 + Math.floor((cap',
    to: '2 + Math.floor((cap',
  },
  'arguments are those of the first request': {
    file: 'query-plan.ts',
    from: 'coerceArguments(coerced)',
    to: 'coerceArguments(plan.question.variables)',
  },
  'the badges of one place are shown at another': {
    file: 'fragments.ts',
    from: 'const place = places;',
    to: 'const place = 0;',
  },
  'the age of a page is that of nothing': {
    file: 'query-plan.ts',
    from: 'cacheControlOf(used, asking)',
    to: 'cacheControlOf({ ...used, oldestAsOf: asking.now() }, asking)',
  },
  'what stands behind the variables is ignored': {
    file: 'query-plan.ts',
    from: 'key: [first, after]',
    to: "key: [first, '']",
  },
};
