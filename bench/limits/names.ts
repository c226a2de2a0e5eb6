import { measure, showMeasured } from './longest.ts';
import { createTextSearch } from '../../dist/badges/reading/text-search.js';

/** Names that are slow to compare, as descriptions would be, as long as a provider's response allows. */
interface NameFamily {
  name: string;
  /** What each name is made of, again and again. */
  unit: string;
  length: number;
  wanted: string;
}

/** Of an answer. */
const MAX_BYTES = 5 * 1024 * 1024;
/** More records are refused. */
const MAX_NAMES = 20_000;
const ALTERNATING = '\u0301\u0323';

const FAMILIES: readonly NameFamily[] = [
  { name: 'plain', unit: 'Badge of Honour ', length: 250, wanted: 'honours' },
  {
    name: 'one letter, wanted with another first',
    unit: 'a',
    length: 250,
    wanted: `b${'a'.repeat(199)}`,
  },
  { name: 'Hindi', unit: 'आदित्य शर्मा ', length: 250, wanted: 'शर्माजी' },
  { name: 'Vietnamese', unit: 'Việt Nam ', length: 250, wanted: 'việc' },
  { name: 'Korean', unit: '각', length: 250, wanted: '각나' },
  { name: 'ligatures', unit: 'ﬃ', length: 250, wanted: 'fix' },
  { name: 'sigma and marks', unit: `Σ${ALTERNATING}`, length: 250, wanted: 'σςx' },
  { name: 'dots on i', unit: 'i\u0323\u0307', length: 250, wanted: 'i\u0307\u0323x' },
  { name: '900 marks, 200 names', unit: ALTERNATING, length: 900, wanted: '\u0323\u0301x' },
  { name: '50,000 marks', unit: ALTERNATING, length: 50_000, wanted: `${ALTERNATING}x` },
  { name: '200,000 marks', unit: ALTERNATING, length: 200_000, wanted: `${ALTERNATING}x` },
  {
    name: 'rows of 29 marks',
    unit: `a${ALTERNATING.repeat(14)}`,
    length: 250,
    wanted: 'a\u0301\u0300',
  },
  {
    name: 'one letter, and at its end more marks than are wanted',
    unit: `${'a'.repeat(9_990)}e${ALTERNATING}`,
    length: 9_993,
    wanted: `${'a'.repeat(198)}\u0301`,
  },
  {
    name: 'one letter, wanted with another last',
    unit: 'a',
    length: 10_000,
    wanted: `${'a'.repeat(199)}b`,
  },
  {
    name: 'marks beyond 16 bits',
    unit: '\u{1d165}\u{1d16d}',
    length: 250,
    wanted: '\u{1d16d}\u{1d165}x',
  },
];

export interface NameFinding {
  lines: readonly string[];
  problems: readonly string[];
}

/** How long others wait at most while all names of a list are looked at, the first time and once more. */
export async function measureNames(mostMs: number): Promise<NameFinding> {
  const lines: string[] = [];
  const problems: string[] = [];
  for (const family of FAMILIES) {
    const badges = toBadges(family);
    const search = createTextSearch();
    const first = await measure(() => search(badges, family.wanted));
    const again = await measure(() => search(badges, family.wanted));
    lines.push(
      `${family.name.padEnd(40)}${String(badges.length).padStart(7)} names${showMeasured(first)}, once more${showMeasured(again)}`,
    );
    for (const { longestMs } of [first, again]) {
      if (longestMs >= mostMs)
        problems.push(`names: ${family.name} took ${longestMs.toFixed(0)} ms`);
    }
  }
  return { lines, problems };
}

function toBadges({ name, unit, length }: NameFamily) {
  const text = unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
  const room = Math.floor(MAX_BYTES / Buffer.byteLength(text));
  const most = name.endsWith('200 names') ? 200 : MAX_NAMES;
  return Array.from({ length: Math.min(room, most) }, () => ({
    badge: { name: text, description: null },
  }));
}
