import { type FaultInput, PRESET_NAMES, toPreset } from '../../src/sandbox/faults.ts';
import type { Poison } from './poison.ts';

/** What a provider does wrong, with its words and our keys wherever it says anything. */
export interface PoisonedFault {
  name: string;
  /** Undefined: this provider cannot show it. */
  toFault: (at: 'returningAI' | 'tagMango', poison: Poison) => FaultInput | undefined;
}

const always = (name: string, toFault: (poison: Poison) => FaultInput): PoisonedFault => ({
  name,
  toFault: (_at, poison) => toFault(poison),
});

const RECORD_CHANGES = [
  'one-malformed',
  'no-ids',
  'no-names',
  'extra-fields',
  'duplicates',
  'differing-duplicates',
  'other-id',
] as const;

/** Every kind that the sandbox has, and every preset. */
export const FAULTS: readonly PoisonedFault[] = [
  ...PRESET_NAMES.map((name) =>
    always(name, (poison) => poisoned(toPreset(name, poison.errorBody), poison)),
  ),
  always('answer: poisoned records', ({ headers, list }) => ({
    kind: 'answer',
    headers,
    body: list,
  })),
  always('answer: a long page', ({ headers, text }) => ({
    kind: 'answer',
    status: 500,
    contentType: 'text/html',
    headers,
    body: text.repeat(200),
  })),
  always('hang', () => ({ kind: 'hang' })),
  always('drip', () => ({ kind: 'drip', everyMs: 20 })),
  always('drip of headers', () => ({ kind: 'drip', part: 'headers', everyMs: 20 })),
  always('delay', () => ({ kind: 'delay', ms: 50 })),
  always('reset', () => ({ kind: 'reset' })),
  always('reset in the body', () => ({ kind: 'reset', at: 'body' })),
  always('truncate', () => ({ kind: 'truncate' })),
  always('truncate: poisoned text', ({ text }) => ({ kind: 'truncate', body: `{"a":"${text}` })),
  always('huge', () => ({ kind: 'huge' })),
  always('bomb', () => ({ kind: 'bomb', megabytes: 20 })),
  always('deep', () => ({ kind: 'deep', levels: 100_000 })),
  always('headers', ({ headers }) => ({ kind: 'headers', headers })),
  ...RECORD_CHANGES.map((change) =>
    always(`records: ${change}`, () => ({ kind: 'records', change })),
  ),
  {
    name: 'records: other-creator',
    toFault: (at) => (at === 'tagMango' ? { kind: 'records', change: 'other-creator' } : undefined),
  },
];

function poisoned(preset: FaultInput, { headers, text }: Poison): FaultInput {
  switch (preset.kind) {
    case 'answer': {
      const body = typeof preset.body === 'string' ? preset.body + text : preset.body;
      return { ...preset, headers: { ...headers, ...preset.headers }, body };
    }
    case 'headers':
      return { ...preset, headers: { ...headers, ...preset.headers } };
    default:
      return preset;
  }
}
