/** What the recipes of docs/front-end.md do for a user of a page, and what happens without them. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type LossyProxy, startLossyProxy } from '../support/lossy-proxy.ts';
import { MAJOR, STORED, resetStandIns, writesTo } from '../support/operation-cases.ts';
import { type TestService, startTestService } from '../support/service.ts';
import { loadDocuments, loadRelay, requireClient } from './recipes.ts';
import {
  type Badge,
  type Session,
  openApollo,
  openRelay,
  openUrql,
  until,
  watchConsole,
} from './sessions.ts';

const clients = {
  'Apollo Client': openApollo,
  'urql with graphcache': openUrql,
  Relay: openRelay,
} as const;

const DOWN = { kind: 'answer', status: 503, body: '{}', contentType: 'application/json' } as const;

export function testPages(): void {
  let service: TestService;
  let proxy: LossyProxy;
  beforeEach(async () => {
    service = await startTestService({ sandbox: STORED, http: { budget: undefined } });
    resetStandIns(service.sandbox);
    proxy = await startLossyProxy(`${service.url}/graphql`);
  });
  afterEach(async () => {
    await proxy.close();
    await service.close();
  });

  describe.each(Object.entries(clients))('for %s', (_name, open) => {
    let session: Session;
    const names = () => session.shown().map(({ name }) => name);
    const find = (wanted: string) => session.shown().find(({ name }) => name === wanted) as Badge;
    let warnings: () => unknown[];
    beforeEach(() => {
      warnings = watchConsole();
    });
    afterEach(() => expect(warnings()).toEqual([]));

    async function openPage(): Promise<void> {
      session = await open(proxy.url);
      await session.open();
    }

    test('shows a new name at once, and writes it once even if the answer is lost', async () => {
      await openPage();
      expect(names()).toEqual(['Hall of Fame', 'Major', 'Quiz Master']);
      proxy.lose = 1;
      const renaming = session.rename(find('Hall of Fame'), 'Hall of Honour');
      await until(() => proxy.mutations.length === 1);
      expect(names()).toContain('Hall of Honour');
      expect(await renaming).toBe('APPLIED');
      expect(names()).toContain('Hall of Honour');
      expect(writesTo(service.sandbox)).toHaveLength(1);
    });

    test('shows the current badge after a conflict', async () => {
      await openPage();
      const { tagMango } = service.sandbox;
      const seen = find('Hall of Fame');
      const stored = tagMango.badges.get(seen.id);
      if (stored) tagMango.badges.set(seen.id, { ...stored, name: 'Hall of Others' });
      expect(await session.rename(seen, 'Hall of Honour')).toBe('REFUSED');
      await until(() => names().includes('Hall of Others'));
      expect(names()).toEqual(['Hall of Others', 'Major', 'Quiz Master']);
      expect(writesTo(service.sandbox)).toEqual([]);
    });

    test('no longer shows a badge that was deleted', async () => {
      await openPage();
      expect(await session.remove(MAJOR)).toBe('APPLIED');
      await until(() => !names().includes('Major'));
      expect(names()).toEqual(['Hall of Fame', 'Quiz Master']);
    });

    test('shows the badges of one provider while the other one is down', async () => {
      service.sandbox.returningAI.faults.set('*', DOWN);
      await openPage();
      expect(names()).toEqual(['Hall of Fame', 'Quiz Master']);
    });
  });

  describe('without it,', () => {
    const ask = async (given: object) => {
      const { ApolloClient, HttpLink, InMemoryCache } = requireClient('@apollo/client');
      const { BadgesDocument } = await loadDocuments();
      const client = new ApolloClient({
        link: new HttpLink({ uri: proxy.url }),
        cache: new InMemoryCache(given),
      });
      return client.query({ query: BadgesDocument });
    };

    test('Apollo Client drops the fields that badges share, unless it knows the possible types', async () => {
      const { data } = await ask({});
      const [{ node }] = data.badges.edges;
      expect(node.__typename).toBe('TagMangoBadge');
      expect(node).not.toHaveProperty('name');
    });

    test('Apollo Client throws the whole list away if one provider is down', async () => {
      service.sandbox.returningAI.faults.set('*', DOWN);
      await expect(ask({})).rejects.toThrow(/Returning\.AI/);
    });

    test('urql asks by GET, which is refused in production', async () => {
      const production = await startTestService({ isProduction: true });
      const { Client, fetchExchange } = requireClient('@urql/core');
      const { BadgesDocument } = await loadDocuments();
      const answerOf = async (options: object) => {
        const url = `${production.url}/graphql`;
        const client = new Client({ url, exchanges: [fetchExchange], ...options });
        const { data, error } = await client.query(BadgesDocument, {}).toPromise();
        return { hasData: data != null, error: error?.message };
      };
      expect(await answerOf({})).toMatchObject({ hasData: false, error: expect.any(String) });
      expect(await answerOf({ preferGetMethod: false })).toEqual({ hasData: true });
      await production.close();
    });

    test('Relay keeps the edge of a deleted badge, if its IDs are made of the type name and the id', async () => {
      const { createRelayEnvironment, loadPage, readBadges, remove } = loadRelay();
      const { Environment, RecordSource, Store } = requireClient('relay-runtime');
      const network = createRelayEnvironment(proxy.url).getNetwork();
      const getDataID = ({ id }: { id?: string }, type: string) => id && `${type}:${id}`;
      const typed = new Environment({ network, store: new Store(new RecordSource()), getDataID });
      await loadPage(typed, {});
      expect((await remove(typed, MAJOR)).deleteBadge.outcome).toBe('APPLIED');
      expect(readBadges(typed, {})?.edges).toHaveLength(3);
    });
  });
}
