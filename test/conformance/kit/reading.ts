import { expect } from '@jest/globals';
import { providers } from '../../../src/providers/index.ts';
import { READ_CASES } from '../../faults/read-cases.ts';
import { type Check, expectFor, inWorld, standInOf } from './world.ts';

const list = 'listBadges';

export const readingChecks: readonly Check[] = [
  {
    name: 'a list that fails is an error with its code, is repeated where that helps, and then is data',
    run: (provider) =>
      inWorld(provider, async ({ read, standIn, outlive }) => {
        for (const { what, fault, code, calls } of READ_CASES) {
          standIn.requests.length = 0;
          standIn.faults.set(list, fault);
          const failed = await read();
          expectFor({ what }, failed.data, { badges: null, badge: null, _entities: [null] });
          expectFor({ what }, failed.codes, [code, code, code]);
          expectFor({ what, of: 'calls' }, standIn.requests.length, calls);
          standIn.faults.clear();
          outlive();
          expectFor({ after: what }, (await read()).codes, []);
          outlive();
        }
      }),
  },
  {
    name: 'a record that cannot be read is left out and counted, and costs the others nothing',
    run: (provider) =>
      inWorld(provider, async ({ read, standIn }) => {
        standIn.faults.set(list, { kind: 'records', change: 'one-malformed' });
        const { data } = await read();
        const count = standIn.badges.size - 1;
        expect([data.badges?.totalCount, data.badges?.nodes.length]).toEqual([count, count]);
        expect(data.badges?.sources).toContainEqual(
          expect.objectContaining({ provider: provider.name.enumValue, droppedRecords: 1 }),
        );
      }),
  },
  {
    name: 'fields that are unknown, and records that come twice, change nothing',
    run: (provider) =>
      inWorld(provider, async ({ read, standIn, outlive }) => {
        const { data } = await read();
        for (const change of ['extra-fields', 'duplicates'] as const) {
          outlive();
          standIn.faults.set(list, { kind: 'records', change });
          expectFor({ change }, (await read()).data.badges?.nodes, data.badges?.nodes);
        }
      }),
  },
  {
    name: 'a part of a list is never shown as the whole',
    run: (provider) =>
      inWorld(provider, async ({ read, standIn }) => {
        standIn.faults.set(list, { kind: 'records', change: 'part' });
        const { data, codes } = await read();
        expect([data.badges, new Set(codes)]).toEqual([null, new Set(['PROVIDER_BAD_RESPONSE'])]);
      }),
  },
  {
    name: 'while it is down the badges of the others are shown, and while the others are down its own',
    run: (provider) =>
      inWorld(provider, async ({ service, standIn, outlive }) => {
        const others = providers.filter((other) => other !== provider);
        const query = '{ badges(first: 100) { nodes { __typename } sources { provider code } } }';
        interface Page {
          badges: { nodes: { __typename: string }[]; sources: object[] };
        }
        const read = async () => {
          const { data, errors = [] } = await service.execute<Page, object>(query);
          const types = new Set(data.badges.nodes.map(({ __typename }) => __typename));
          return { types, sources: data.badges.sources, errors: errors.length };
        };
        const toSources = (isDown: (key: string) => boolean) =>
          providers.map(({ key, name }) => ({
            provider: name.enumValue,
            code: isDown(key) ? 'PROVIDER_AUTH_FAILED' : null,
          }));

        standIn.faults.set(list, { name: 'unauthorized' });
        expect(await read()).toEqual({
          types: new Set(others.map(({ badgeClass }) => badgeClass.name)),
          sources: toSources((key) => key === provider.key),
          errors: 1,
        });
        outlive();
        standIn.faults.clear();
        for (const other of others) {
          standInOf(other, service).faults.set(list, { name: 'unauthorized' });
        }
        expect(await read()).toEqual({
          types: new Set([provider.badgeClass.name]),
          sources: toSources((key) => key !== provider.key),
          errors: others.length,
        });
      }),
  },
];
