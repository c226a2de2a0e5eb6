import { pick } from '../../test/support/random.ts';

/** The next fault to switch on. */
export interface Drawn {
  fault: object;
  /** Whether it applies to all operations of a stand-in. */
  isEverywhere: boolean;
}

/** The faults that take most memory come first, so that memory is flat from then on. */
const COSTLY = ['deep', 'bomb', 'huge'];

const CHANGES =
  'one-malformed no-ids no-names extra-fields duplicates differing-duplicates other-creator other-id';

/** The kinds with parameters; the others are switched on without any. */
const VARIANTS: Readonly<Record<string, readonly object[]>> = {
  answer: [{ status: 418, body: 'no badges today' }],
  drip: [{ part: 'headers' }, { part: 'body' }],
  delay: [{ ms: 800 }, { ms: 2_500 }],
  reset: [{ at: 'start' }, { at: 'body' }],
  bomb: [{ megabytes: 20 }],
  headers: [{ headers: { 'retry-after': '5', 'x-odd': 'yes' } }],
  records: CHANGES.split(' ').map((change) => ({ change })),
};

/** All faults in an order that depends on the seed, again and again. */
export function createDeck(
  { kinds, presets }: { kinds: readonly string[]; presets: readonly string[] },
  random: () => number,
): () => Drawn {
  const costly = COSTLY.flatMap(toFaults);
  let deck: object[] = [];

  return () => {
    const first = costly.shift();
    if (first) return { fault: first, isEverywhere: true };
    if (deck.length === 0) {
      deck = [...presets.map((name) => ({ name })), ...kinds.flatMap(toFaults)];
    }
    const fault = pick(deck, random);
    deck = deck.filter((each) => each !== fault);
    return { fault, isEverywhere: random() < 0.3 };
  };
}

function toFaults(kind: string): object[] {
  return (VARIANTS[kind] ?? [{}]).map((rest) => ({ kind, ...rest }));
}
