import { pick } from '../../test/support/random.ts';

/** A fault to switch on next. */
export interface Drawn {
  fault: object;
  /** At every operation of a stand-in, and not at any one. */
  isEverywhere: boolean;
}

/** What takes most memory comes first, where it is sure to be met: from then on it must be flat. */
const COSTLY = ['deep', 'bomb', 'huge'];

const CHANGES =
  'one-malformed no-ids no-names extra-fields duplicates differing-duplicates other-creator other-id';

/** The kinds that need or have choices; the others are switched on as they are. */
const VARIANTS: Readonly<Record<string, readonly object[]>> = {
  answer: [{ status: 418, body: 'no badges today' }],
  drip: [{ part: 'headers' }, { part: 'body' }],
  delay: [{ ms: 800 }, { ms: 2_500 }],
  reset: [{ at: 'start' }, { at: 'body' }],
  bomb: [{ megabytes: 20 }],
  headers: [{ headers: { 'retry-after': '5', 'x-odd': 'yes' } }],
  records: CHANGES.split(' ').map((change) => ({ change })),
};

/** Every fault that there is, in an order that the seed decides, and then all of them again. */
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
