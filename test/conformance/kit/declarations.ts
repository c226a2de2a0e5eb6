import { existsSync } from 'node:fs';
import { expect } from '@jest/globals';
import { providers } from '../../../src/providers/index.ts';
import type { OperationKind } from '../../../src/providers/provider.ts';
import { readContract } from '../../support/contract.ts';
import { type Check, codesOf, examplesOf, expectFor, inWorld } from './world.ts';

/** Texts that must not be IDs of any provider: each would leave its path segment, or be read as something else. */
export const HOSTILE_IDS = [
  ...['', '.', '..', '../users', '%2e%2e', 'a/b', 'a%2fb', 'a\\b', 'a?b', 'a#b', 'a;b', 'a b'],
  ...['a\0', 'a\r\nHost: evil', 'ａ', 'é', '\u202e12', '\ud800', 'http://evil.example', 'a@b'],
  'a'.repeat(100),
];

export const declarationChecks: readonly Check[] = [
  {
    name: 'its contract file names what its stand-in serves, and what a check of it asks for',
    async run(provider) {
      const { contract, reads } = provider.check;
      expectFor({ file: contract.pathname }, existsSync(contract), true);
      const { operations } = readContract(contract);
      await inWorld(provider, async ({ standIn }) => {
        expect([...standIn.operations].sort()).toEqual([...operations].sort());
      });
      const asked = [...reads.map(({ operation }) => operation), 'createBadge', 'updateBadge'];
      expect(asked.filter((operation) => !operations.includes(operation))).toEqual([]);
    },
  },
  {
    name: 'its key, its enum value, its type and its variables are its own',
    async run(provider) {
      const { key, name, settings, badgeClass } = provider;
      const others = providers.filter((other) => other !== provider);
      const own = [key, name.enumValue, name.title, badgeClass.name, ...Object.keys(settings)];
      const taken = others.flatMap((other) => [
        ...[other.key, other.name.enumValue, other.name.title, other.badgeClass.name],
        ...Object.keys(other.settings),
      ]);
      expect(own.filter((word) => taken.includes(word))).toEqual([]);
      const foreign = Object.keys(settings).filter((each) => !each.startsWith(name.enumValue));
      expectFor({ expected: `variables that begin with ${name.enumValue}` }, foreign, []);
    },
  },
  {
    name: 'what is a credential by its name is declared as a secret, and what is a URL as one',
    async run({ settings }) {
      const wrong = Object.entries(settings).filter(([variable, { isSecret, isBaseUrl }]) => {
        const isCredential = /KEY|TOKEN|SECRET|PASSWORD/.test(variable);
        return (isCredential && !isSecret) || (/_URL$/.test(variable) && !isBaseUrl);
      });
      expect(wrong.map(([variable]) => variable)).toEqual([]);
    },
  },
  {
    name: 'an id that could climb out of a path is none of its ids, and its own have one spelling',
    async run(provider) {
      expect(HOSTILE_IDS.filter((id) => provider.isBadgeId(id))).toEqual([]);
      await inWorld(provider, async ({ standIn }) => {
        for (const id of standIn.badges.keys()) {
          const canonical = provider.canonicalId(id);
          expectFor({ id }, [provider.isBadgeId(id), canonical], [true, id]);
          expect(provider.canonicalId(canonical)).toBe(canonical);
        }
      });
    },
  },
  {
    name: 'every operation has a plain example that works on the sandbox and keeps to the contract',
    async run(provider) {
      const { reads } = provider.check;
      const contract = readContract(provider.check.contract);
      await inWorld(provider, async ({ mutate, standIn }) => {
        const done: OperationKind[] = [];
        for (const { kind, input } of examplesOf(provider)) {
          const payload = await mutate(kind, input);
          expectFor({ kind }, codesOf(payload), []);
          expectFor({ kind, changes: 'some' }, payload.changes.length > 0, true);
          done.push(kind);
        }
        expect(done.sort()).toEqual(Object.keys(provider.operations).sort());
        const known = new Set(contract.operations);
        const unknown = standIn.requests.filter(({ operation }) => !known.has(operation));
        expect(unknown).toEqual([]);
        expect(standIn.requests.length).toBeGreaterThanOrEqual(done.length + reads.length - 1);
      });
    },
  },
];
