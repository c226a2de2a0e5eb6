import fc from 'fast-check';

/** What may happen to a stored text, by whomever. */
export type Damage =
  | { kind: 'cut'; part: number }
  | { kind: 'flip'; part: number; bit: number }
  | { kind: 'retype' | 'add'; place: number; value: unknown }
  | { kind: 'remove'; place: number }
  | { kind: 'replace'; text: string };

const part = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const place = fc.nat(10_000);
const value = fc.oneof(
  fc.constantFrom<unknown>(null, 0, -1, 1e300, '', 'NEWER', true, false, [], {}, [[]], [null]),
  fc.constantFrom<unknown>('\ud800', '__proto__', { code: 'NEWER' }, ['NEWER'], 2, '2'),
  fc.jsonValue({ maxDepth: 2 }),
);

export const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({ kind: fc.constant('cut' as const), part }),
  fc.record({ kind: fc.constant('flip' as const), part, bit: fc.nat(6) }),
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('retype' as const), place, value }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), place }) },
  fc.record({ kind: fc.constant('add' as const), place, value }),
  fc.record({
    kind: fc.constant('replace' as const),
    text: fc.oneof(
      fc.constantFrom('', 'null', '[]', '{}', '"x"', '0', '{"format":1}', '{"format":2}'),
      fc.constantFrom('['.repeat(50_000) + ']'.repeat(50_000), '{"__proto__":{}}', '\u0000'),
      fc.json(),
      fc.string({ maxLength: 20 }),
    ),
  }),
);

export function inflict(text: string, how: Damage): string {
  switch (how.kind) {
    case 'cut':
      return text.slice(0, Math.floor(text.length * how.part));
    case 'flip': {
      const bytes = Buffer.from(text);
      const at = Math.floor(bytes.length * how.part);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << how.bit);
      return bytes.toString();
    }
    case 'replace':
      return how.text;
    case 'retype':
    case 'remove':
    case 'add':
      return change(text, how);
  }
}

interface Place {
  holder: Record<string, unknown> | unknown[];
  key: string;
}

function change(text: string, how: Extract<Damage, { place: number }>): string {
  const json: unknown = JSON.parse(text);
  const places = placesIn(json);
  const at = places[how.place % places.length];
  if (!at) return text;
  const { holder, key } = at;
  if (how.kind === 'remove') {
    if (Array.isArray(holder)) holder.splice(Number(key), 1);
    else Reflect.deleteProperty(holder, key);
  } else if (how.kind === 'retype') {
    Reflect.set(holder, key, how.value);
  } else if (Array.isArray(holder)) holder.push(how.value);
  else Reflect.set(holder, `${key}More`, how.value);
  return JSON.stringify(json);
}

/** Every field and element, however deep. */
function placesIn(json: unknown): Place[] {
  if (typeof json !== 'object' || json === null) return [];
  const holder = json as Place['holder'];
  return Object.entries(holder).flatMap(([key, inner]) => [{ holder, key }, ...placesIn(inner)]);
}
