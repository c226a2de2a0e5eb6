import type { Answer, Mark, Shape, Stated } from './contract.ts';

/** One place of an answer, compared with the contract file. */
export interface Line {
  /** Such as `body[].title`. */
  path: string;
  /** Null: not documented. */
  documented: string | null;
  /** Null: nothing is assumed. */
  inferred: string | null;
  /** Such as `string × 8`. Null: the place was not in the answer. */
  seen: string | null;
  /** Empty: no difference was seen. */
  drift: readonly string[];
  /** JSON pointer of the line in the contract file. Null: it has none. */
  pointer: string | null;
  /** The day on which it was seen before, according to the file. */
  seenOn: string | null;
}

/** The number of unknown fields that are named. */
const MAX_UNKNOWN = 20;
/** The name of a person, or a value that is used as a key, usually contains other characters. */
const PLAIN_NAME = /^[A-Za-z_]{1,40}\d{0,2}$/;

/** How the name of an unknown field is shown. */
export type ShowName = (name: string) => string;

export const showPlainName: ShowName = (name) => (PLAIN_NAME.test(name) ? name : '(invalid name)');
/** For an answer about a person, whose name any key may be. */
export const showNoName: ShowName = () => '(field not shown)';

/** Compares an answer with its schema. The lines contain no values of it, and no names that may be values. */
export function compareAnswer(
  { shape, isInferred, sentFields }: Answer,
  json: unknown,
  showName = showPlainName,
): Line[] {
  const values = [json];
  return compareValues({ ...NO_LINE, path: '', shape, isInferred, sentFields, showName, values });
}

interface Place {
  path: string;
  shape: Shape;
  isRequired: boolean;
  isInferred: boolean;
  sentFields: ReadonlySet<string>;
  showName: ShowName;
  /** JSON pointer of its line in the contract file, if it has one. */
  mark: Mark | null;
  pointer: string | null;
  /** All values at this place, one for each item of a list. */
  values: readonly unknown[];
  /** How many of the surrounding objects lack it. */
  missing: number;
}

const NO_LINE = { isRequired: false, mark: null, pointer: null, missing: 0 } as const;

function compareValues(place: Place): Line[] {
  const { path, shape, isInferred, sentFields, showName, values } = place;
  if (shape.variants.length > 0) return compareVariants(place, shape.variants);
  const { items } = shape;
  const inList = items
    ? compareValues({
        ...NO_LINE,
        path: `${path}[]`,
        shape: items,
        isInferred,
        sentFields,
        showName,
        values: values.filter(Array.isArray).flat(),
      })
    : [];
  const line = toLine(place);
  // An object or list that agrees is represented by its fields.
  const isTold = place.pointer === null && shape.properties.size > 0 && line.drift.length === 0;
  const isWhole = path === '' && line.drift.length === 0;
  const own = isTold || isWhole ? [] : [{ ...line, path: path || '(the answer)' }];
  return [...own, ...inList, ...compareFields(place)];
}

/** The variant that agrees best. */
function compareVariants(place: Place, variants: readonly Shape[]): Line[] {
  const [best = []] = variants
    .map((shape) => compareValues({ ...place, shape }))
    .toSorted((a, b) => agreementOf(b) - agreementOf(a));
  return best;
}

function agreementOf(lines: readonly Line[]): number {
  const agreeing = lines.filter(({ seen, drift }) => seen !== null && drift.length === 0);
  const drifting = lines.filter(({ drift }) => drift.length > 0);
  return agreeing.length - drifting.length;
}

function compareFields(place: Place): Line[] {
  const { path, shape, isInferred, sentFields, showName, values } = place;
  if (shape.properties.size === 0) return [];
  const objects = values.filter(isObject);
  const known = [...shape.properties].flatMap(([name, property]) => {
    const holders = objects.filter((object) => Object.hasOwn(object, name));
    return compareValues({
      ...property,
      path: path === '' ? name : `${path}.${name}`,
      isInferred: isInferred || property.mark.isInferred,
      sentFields,
      showName,
      values: holders.map((object) => object[name]),
      missing: objects.length - holders.length,
    });
  });
  return [...known, ...unknownLines(place, objects)];
}

const SHOWN_TOO = 'is in the contract for requests only';

function unknownLines(
  { path, shape, sentFields, showName }: Place,
  objects: readonly Record<string, unknown>[],
): Line[] {
  const values = new Map<string, unknown[]>();
  for (const object of objects) {
    for (const [name, value] of Object.entries(object)) {
      if (shape.properties.has(name)) continue;
      const shown = showName(name);
      const found = values.get(shown);
      if (found) found.push(value);
      else if (values.size < MAX_UNKNOWN) values.set(shown, [value]);
    }
  }
  return [...values].map(([name, found]) => ({
    path: path === '' ? name : `${path}.${name}`,
    documented: null,
    inferred: null,
    seen: countTypes(found),
    drift: [sentFields.has(name) ? SHOWN_TOO : 'is not in the contract'],
    pointer: null,
    seenOn: null,
  }));
}

function toLine(place: Place): Line {
  const { path, shape, isRequired, isInferred, mark, pointer, values, missing } = place;
  const said = shape.values.length > 0 ? shape.values : shape.types;
  const documented = isInferred ? [] : said.filter((each) => !each.mark.isInferred);
  const inferred = isInferred ? said : said.filter((each) => each.mark.isInferred);
  const absent = missing === 1 ? 'is missing' : `is missing in ${missing}`;
  return {
    path,
    documented: isInferred ? null : (toText(documented) ?? 'any'),
    inferred: toText(inferred) ?? (isInferred ? 'any' : null),
    seen: countTypes(values),
    drift: [
      ...(isRequired && missing > 0 ? [absent] : []),
      ...new Set(values.flatMap((value) => problemOf(shape, value) ?? [])),
    ],
    pointer,
    seenOn: mark?.seenOn ?? null,
  };
}

function toText(said: readonly Stated[]): string | null {
  return said.length === 0 ? null : said.map(({ text }) => text).join(' | ');
}

/** Describes a value without showing it. */
function problemOf(shape: Shape, value: unknown): string | undefined {
  const type = typeOf(value);
  const names = shape.types.map(({ text }) => text);
  const isOfType =
    names.length === 0 || names.some((name) => name === type || isWhole(name, value));
  if (!isOfType) return `is ${type} instead of ${names.join(' or ')}`;
  if (typeof value === 'object' && value !== null) return undefined;
  const isListed =
    shape.values.length === 0 || shape.values.some(({ text }) => text === JSON.stringify(value));
  if (!isListed) return 'is not one of the listed values';
  if (typeof value !== 'string') return undefined;
  if (shape.pattern && !new RegExp(shape.pattern.text).test(value)) {
    return `does not look like ${shape.pattern.text}`;
  }
  return shape.isDateTime && !DATE_TIME.test(value) ? 'is not an ISO 8601 date-time' : undefined;
}

const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

function isWhole(name: string, value: unknown): boolean {
  return name === 'integer' && Number.isInteger(value);
}

function countTypes(values: readonly unknown[]): string | null {
  const counts = new Map<string, number>();
  for (const type of values.map(typeOf)) counts.set(type, (counts.get(type) ?? 0) + 1);
  const texts = [...counts].map(([type, count]) => (count === 1 ? type : `${type} × ${count}`));
  return texts.length === 0 ? null : texts.join(', ');
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'nothing';
  return Array.isArray(value) ? 'array' : typeof value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeOf(value) === 'object';
}
