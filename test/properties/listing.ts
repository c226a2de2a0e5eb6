import fc from 'fast-check';
import type { BadgeSource, BadgesContext } from '../../src/badges/context.ts';
import { createBadgeIndex } from '../../src/badges/reading/badge-index.ts';
import type { TenantProvider } from '../../src/badges/tenant.ts';
import type { BadgeFields, BadgeList } from '../../src/providers/badge-list.ts';
import { isHttpsUrl } from '../../src/providers/graph-types.ts';
import { providers } from '../../src/providers/index.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { anyTime } from './orders.ts';

/** Few, all of which either provider may use. */
const IDS = ['a', 'b', '0'].flatMap((digit) => [digit.repeat(24), digit.toUpperCase().repeat(24)]);
const anyId = fc.oneof(
  fc.constantFrom(...IDS),
  fc.stringMatching(/^[0-9a-f]{24}$/),
  fc.stringMatching(/^[A-Za-z0-9_-]{1,3}$/),
);

/** A list of badges for each provider: no id twice within one. */
export function anyLists(name: fc.Arbitrary<string>): fc.Arbitrary<BadgeFields[][]> {
  const shared = fc.array(name, { minLength: 1, maxLength: 3 });
  return shared.chain((names) =>
    fc.tuple(
      ...providers.map((provider) => {
        const badge = fc.record({
          id: anyId,
          name: fc.oneof(fc.constantFrom(...names), name),
          createdAt: anyTime,
          updatedAt: anyTime,
        });
        return fc
          .uniqueArray(badge, { selector: ({ id }) => id.toLowerCase(), maxLength: 15 })
          .map((records) => records.map((record) => toBadge(provider, record)));
      }),
    ),
  );
}

interface Made {
  id: string;
  name: string;
  createdAt: string | null;
  updatedAt: string | null;
}

function toBadge(provider: Provider, { id, name, createdAt, updatedAt }: Made): BadgeFields {
  const badge = provider.restoreBadge(
    { id, name, title: name, createdAt, updatedAt },
    { isImageUrl: isHttpsUrl, values: undefined },
  );
  if (badge) return badge;
  throw new Error('a badge of an id and a name is not restored');
}

type ListReading = Awaited<ReturnType<BadgeSource['list']>>;

/** As much of a request as reading a list looks at. */
interface ListingContext {
  tenant: {
    providers: readonly { provider: Provider; access: object | undefined }[];
    toWallTime: (moment: number) => number;
  };
  sourceOf(of: TenantProvider): Pick<BadgeSource, 'list' | 'peek'>;
}

/** A request that finds these lists at the providers, one for each. It has to wait for the first. */
export function contextOf(lists: readonly BadgeFields[][]): BadgesContext {
  const readings = new Map(
    providers.map((provider, index) => [provider, toReading(lists[index] ?? [])]),
  );
  const context: ListingContext = {
    tenant: {
      providers: providers.map((provider) => ({ provider, access: {} })),
      toWallTime: (moment) => moment,
    },
    sourceOf: ({ provider }) => ({
      peek: () => (provider === providers[0] ? undefined : readings.get(provider)),
      async list() {
        const reading = readings.get(provider);
        if (!reading) throw new Error(`there is no list of ${provider.key}`);
        return reading;
      },
    }),
  };
  return context as BadgesContext;
}

function toReading(badges: readonly BadgeFields[]): ListReading {
  return { snapshot: { value: createBadgeIndex(toList(badges)), asOf: 0 }, state: 'FRESH' };
}

/** A list that was read without any fault. */
export function toList(badges: readonly BadgeFields[]): BadgeList {
  return {
    badges,
    malformedIds: new Set(),
    ambiguousIds: new Set(),
    droppedRecords: 0,
    firstMalformedField: undefined,
    unknownFields: [],
    unreadableFields: {},
  };
}
