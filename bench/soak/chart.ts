import type { Spell } from './faults.ts';
import { type Point, STATES } from './timeline.ts';

const WIDTH = 1_000;
const LEFT = 70;
const RIGHT = 40;
const PANEL = { height: 130, gap: 62, top: 58 };
const INNER = WIDTH - LEFT - RIGHT;
const TICKS = 6;

/** Told apart by people of any colour vision. */
const COLOURS = {
  blue: '#0072b2',
  orange: '#d55e00',
  FRESH: '#009e73',
  CACHED: '#8ecae6',
  STALE: '#f0c000',
  FAILED: '#d55e00',
} as const;

interface Legend {
  colour: string;
  text: string;
}
interface Panel {
  title: string;
  legend: readonly Legend[];
  /** The value at a height, from 0 at the foot to 1, for the axis. */
  marks: readonly { height: number; text: string }[];
  body: string;
}

/** Four panels over one time axis, on white so that it can be read in light and dark surroundings. */
export function drawChart(
  points: readonly Point[],
  spells: readonly Spell[],
  title: string,
): string {
  const panels = [latencies(points), calls(points), sources(points), memory(points)];
  const height = PANEL.top + panels.length * (PANEL.height + PANEL.gap);
  const end = points.at(-1)?.at ?? 1;
  const shades = spells.map(({ from, to }) => {
    const x = toX(Math.max(0, from), end);
    const width = Math.max(1, toX(Math.min(to, end), end) - x);
    return `<rect x="${round(x)}" y="0" width="${round(width)}" height="${PANEL.height}" fill="#ececec"/>`;
  });
  const drawn = panels.map((panel, index) => {
    const y = PANEL.top + index * (PANEL.height + PANEL.gap) + 24;
    return `<g transform="translate(0 ${y})">${shades.join('')}${drawPanel(panel)}${timeAxis(end)}</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12" fill="#222">
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
<text x="${LEFT}" y="26" font-size="16" font-weight="bold">${title}</text>
<rect x="${LEFT}" y="36" width="12" height="12" fill="#ececec" stroke="#bbb"/><text x="${LEFT + 18}" y="46">a fault is switched on at one of the providers</text>
${drawn.join('\n')}
</svg>
`;
}

function drawPanel({ title, legend, marks, body }: Panel): string {
  const lines = marks.map(({ height, text }) => {
    const y = round(PANEL.height * (1 - height));
    return `<path d="M${LEFT} ${y}H${WIDTH - RIGHT}" stroke="#ccc" stroke-width="0.5"/><text x="${LEFT - 8}" y="${y + 4}" text-anchor="end">${text}</text>`;
  });
  const entries = legend.map(({ colour, text }, index) => {
    const x = WIDTH - RIGHT - (legend.length - index) * 110;
    return `<rect x="${x}" y="-17" width="12" height="12" fill="${colour}"/><text x="${x + 18}" y="-7">${text}</text>`;
  });
  return `<text x="${LEFT}" y="-7" font-weight="bold">${title}</text>${entries.join('')}${lines.join('')}${body}`;
}

function latencies(points: readonly Point[]): Panel {
  // From 0.1 ms to 10 s, each step ten times the last.
  const toHeight = (ms: number) => Math.min(1, Math.max(0, (Math.log10(ms) + 1) / 5));
  const marks = [0.1, 1, 10, 100, 1_000, 10_000];
  return {
    title: 'Latency of reads, ms',
    legend: [
      { colour: COLOURS.blue, text: 'p50' },
      { colour: COLOURS.orange, text: 'p99' },
    ],
    marks: marks.map((ms) => ({ height: toHeight(ms), text: String(ms) })),
    body:
      line(points, ({ p99 }) => toHeight(p99), COLOURS.orange) +
      line(points, ({ p50 }) => toHeight(p50), COLOURS.blue),
  };
}

function calls(points: readonly Point[]): Panel {
  const of = (provider: string) => (point: Point) => point.calls[provider] ?? 0;
  const [returningAI, tagMango] = [of('RETURNING_AI'), of('TAG_MANGO')];
  const most = Math.max(1, ...points.map(returningAI), ...points.map(tagMango));
  return {
    title: 'Calls to each provider, a minute',
    legend: [
      { colour: COLOURS.blue, text: 'Returning.AI' },
      { colour: COLOURS.orange, text: 'TagMango' },
    ],
    marks: linearMarks(most),
    body:
      line(points, (point) => returningAI(point) / most, COLOURS.blue) +
      line(points, (point) => tagMango(point) / most, COLOURS.orange),
  };
}

function sources(points: readonly Point[]): Panel {
  const shareUpTo = (index: number) => (point: Point) => {
    const sum = (states: readonly (typeof STATES)[number][]) =>
      states.reduce((total, state) => total + point.states[state], 0);
    return sum(STATES.slice(0, index)) / Math.max(1, sum(STATES));
  };
  return {
    title: 'Lists by source, %',
    legend: STATES.map((state) => ({ colour: COLOURS[state], text: state })),
    marks: linearMarks(100),
    body: STATES.map((state, index) =>
      area(points, shareUpTo(index), shareUpTo(index + 1), COLOURS[state]),
    ).join(''),
  };
}

function memory(points: readonly Point[]): Panel {
  const most = Math.max(1, ...points.map(({ rssMb }) => rssMb)) * 1.1;
  return {
    title: 'Memory of the process (RSS), MB',
    legend: [],
    marks: linearMarks(most),
    body: line(points, ({ rssMb }) => rssMb / most, COLOURS.blue),
  };
}

function linearMarks(most: number) {
  return [0, 0.5, 1].map((height) => ({ height, text: (most * height).toFixed(0) }));
}

function timeAxis(end: number): string {
  return Array.from({ length: TICKS + 1 }, (_, index) => {
    const at = (end * index) / TICKS;
    const text = `${(at / 60_000).toFixed(end < 600_000 ? 1 : 0)} min`;
    return `<text x="${round(toX(at, end))}" y="${PANEL.height + 16}" text-anchor="middle" fill="#555">${text}</text>`;
  }).join('');
}

type ToHeight = (point: Point) => number;

function line(points: readonly Point[], toHeight: ToHeight, colour: string): string {
  const path = toPath(points, toHeight);
  return `<polyline points="${path.join(' ')}" fill="none" stroke="${colour}" stroke-width="1.5"/>`;
}

function area(points: readonly Point[], from: ToHeight, to: ToHeight, colour: string): string {
  const path = [...toPath(points, to), ...toPath(points, from).reverse()];
  return `<polygon points="${path.join(' ')}" fill="${colour}"/>`;
}

function toPath(points: readonly Point[], toHeight: ToHeight): string[] {
  const end = points.at(-1)?.at ?? 1;
  return points
    .filter((point) => Number.isFinite(toHeight(point)))
    .map((point) => `${round(toX(point.at, end))},${round(PANEL.height * (1 - toHeight(point)))}`);
}

const toX = (at: number, end: number) => LEFT + (INNER * at) / end;
const round = (value: number) => Math.round(value * 10) / 10;
