/**
 * A badge fragment is the JSON of one badge at one place of a query plan, found again by the badge itself.
 *
 * Promises: a badge that has a fragment is never another one, since badges do not change and belong to lists of one
 * tenant. A badge that is in no list any longer takes its fragment with it.
 */
import { isObject } from '../../http/json.ts';
import type { AnswerSize } from '../answers/answer-budget.ts';
import { type Keep, type Kept, toFlat } from '../keep.ts';
import type { Render } from './render.ts';
import type { Sight } from './sight.ts';

interface FragmentTable extends Kept {
  /** The lists whose badges it has. */
  lists: string;
  /** By the places of the plan. */
  readonly places: WeakMap<object, string>[];
  /** Including those of badges that are in no list any longer. */
  bytes: number;
  /** When a list was first replaced. */
  bytesAtFirst: number | undefined;
}

/** Of a table, and of a fragment and its place in the table. */
const TABLE_BYTES = 500;
const AROUND_FRAGMENT = 100;

/** One answer that is being written. */
export interface Writing {
  /** What the limits count of the badges that were written, without their values. */
  readonly counted: Readonly<AnswerSize>;
  /** Calls it with a value that badges stand in. */
  write(render: Render, value: unknown): string;
  end(): void;
}

/** Those of one plan. */
export interface BadgeFragments {
  /** What writes the badges of one more place, each once. `size` is that of a badge as the limits count it. */
  remember(render: Render, size: AnswerSize): Render;
  /** Begins an answer to the tenant of this sight. */
  begin(sight: Sight): Writing;
  /** Drops all of them. */
  forget(): void;
}

export function createBadgeFragments(keep: Keep): BadgeFragments {
  const tables = new Map<string, FragmentTable>();
  let places = 0;
  let current: { table: FragmentTable; counted: AnswerSize } | undefined;

  function tableFor(sight: Sight): FragmentTable {
    const { id, providers } = sight.tenant;
    const lists = providers.map((_, at) => sight.see(at)?.identity ?? '').join();
    const known = tables.get(id);
    if (known && mayGoOn(known, lists)) return known;
    if (known) keep.drop(known);
    const table: FragmentTable = {
      kind: 'fragments',
      lists,
      places: [],
      bytes: TABLE_BYTES,
      bytesAtFirst: undefined,
      onDrop: () => void (tables.get(id) === table && tables.delete(id)),
    };
    tables.set(id, table);
    keep.put(table, table.bytes);
    return table;
  }

  return {
    remember(render, size) {
      const place = places;
      places += 1;
      return (badge) => {
        if (!current || !isObject(badge)) return render(badge);
        const { table, counted } = current;
        counted.fields += size.fields;
        counted.bytes += size.bytes;
        const known = (table.places[place] ??= new WeakMap());
        const former = known.get(badge);
        if (former !== undefined) return former;
        const json = toFlat(render(badge));
        known.set(badge, json);
        table.bytes += json.length + AROUND_FRAGMENT;
        return json;
      };
    },
    begin(sight) {
      const table = tableFor(sight);
      const counted = { fields: 0, bytes: 0 };
      const { bytes } = table;
      return {
        counted,
        write(render, value) {
          current = { table, counted };
          try {
            return render(value);
          } finally {
            current = undefined;
          }
        },
        end() {
          if (tables.get(sight.tenant.id) !== table) return;
          if (table.bytes === bytes) keep.use(table);
          else keep.put(table, table.bytes);
        },
      };
    },
    forget() {
      for (const table of tables.values()) keep.drop(table);
    },
  };
}

/** So much is counted too much at most before a table begins anew. */
const SLACK_BYTES = 64 * 1024;

/** Whether few of its fragments are of badges that have changed since: the others are in the next list too. */
function mayGoOn(table: FragmentTable, lists: string): boolean {
  if (table.lists === lists) return true;
  table.lists = lists;
  table.bytesAtFirst ??= table.bytes;
  return table.bytes <= 2 * table.bytesAtFirst + SLACK_BYTES;
}
