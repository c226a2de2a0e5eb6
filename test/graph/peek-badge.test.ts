import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { INCOMPLETE_KEEP_MS, SCOPES, createBadgesContext } from '../../src/badges/context.ts';
import { listBadges } from '../../src/badges/queries.ts';
import { type World, startWorld } from '../fast-path/world.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

/** The badges of one provider, as a new request sees them. */
function see() {
  const tenant = world.tenants.byId.get('default');
  const of = tenant?.providers.find(({ provider }) => provider.name.enumValue === 'TAG_MANGO');
  if (!tenant || !of) throw new Error('The tenant has the provider');
  const context = createBadgesContext({ actor: 'ada', tenant, scopes: new Set(SCOPES) }, 'r-1');
  return { context, source: context.sourceOf(of) };
}
const calls = (): number => world.sandbox.tagMango.requests.length;
const known = (): string => [...world.sandbox.tagMango.badges.keys()][0] ?? '';
const MISSING = 'f'.repeat(24);

test('a badge of a list that was not read yet cannot be seen without waiting, and no provider is called', () => {
  expect(see().source.peekBadge(known())).toBeUndefined();
  expect(calls()).toBe(0);
});

test('what can be seen at once is what a read gives, and counts as shown', async () => {
  await world.warm();
  const before = calls();
  const { context, source } = see();
  const badge = source.peekBadge(known());
  expect(badge).toMatchObject({ id: known() });
  expect(await source.badge(known())).toBe(badge);
  expect(context.used.oldestAsOf).toBe(world.now());
  expect(context.used.keepMs).toBe(Infinity);
  expect(calls()).toBe(before);
});

test('a page of lists that are at hand and in their order is there at once, and the same as one that was waited for', async () => {
  const waited = await listBadges(see().context, { first: 3 });
  // The lists are merged once they are asked for again.
  await listBadges(see().context, { first: 3 });
  const calls = world.sandbox.returningAI.requests.length;
  const { context } = see();
  const listing = listBadges(context, { first: 3 });
  expect(listing).not.toBeInstanceOf(Promise);
  const idsOf = async (of: typeof listing) => (await of).connection?.nodes.map(({ id }) => id);
  expect(await idsOf(listing)).toEqual(await idsOf(waited));
  expect(await idsOf(listing)).toHaveLength(3);
  expect(context.used.oldestAsOf).toBe(world.now());
  expect(world.sandbox.returningAI.requests).toHaveLength(calls);
});

test('a badge that the list lacks is null, and the answer may not be kept for long', async () => {
  await world.warm();
  const { context, source } = see();
  expect(source.peekBadge(MISSING)).toBeNull();
  expect(await source.badge(MISSING)).toBeNull();
  expect(context.used.keepMs).toBe(INCOMPLETE_KEEP_MS);
});

test('after a write of the same request, and once the list has grown old, it has to wait', async () => {
  await world.warm();
  const { source } = see();
  const badge = source.peekBadge(known());
  if (!badge) throw new Error('The badge is there');
  source.remember(badge);
  expect(source.peekBadge(known())).toBeUndefined();
  expect(await source.badge(known())).toBe(badge);
  world.pass(31_000);
  expect(see().source.peekBadge(known())).toBeUndefined();
});
