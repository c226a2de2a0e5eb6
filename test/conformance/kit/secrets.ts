import { expect } from '@jest/globals';
import type { Provider } from '../../../src/providers/provider.ts';
import { toPlainMarker } from '../../secrets/markers.ts';
import { findMarkers } from '../../secrets/search.ts';
import { spelledOut } from '../../secrets/spellings.ts';
import { type Check, codesOf, examplesOf, expectFor, inWorld } from './world.ts';

const isSecret = ({ settings }: Provider, variable: string): boolean =>
  settings[variable]?.isSecret === true;

export const secretChecks: readonly Check[] = [
  {
    name: 'a credential that the provider repeats in any spelling stands in no answer and no line of the log',
    run: (provider) =>
      inWorld(provider, async ({ service, standIn, read, mutate, outlive }) => {
        const { providerValues } = service.sandbox;
        const secret = Object.keys(provider.settings).filter((each) => isSecret(provider, each));
        const markers = secret.map(toPlainMarker);
        const planted = { ...providerValues[provider.key] };
        markers.forEach(({ name, value }) => (planted[name] = value));
        const tenant = { id: 'default', requestLimits: {} };
        service.apply({
          tenants: [{ ...tenant, providerValues: { ...providerValues, [provider.key]: planted } }],
          routerSecrets: [],
        });
        expect(markers.length).toBeGreaterThan(0);
        const outputs: { from: string; text: string }[] = [];
        const said = markers.flatMap(({ value }) => Object.values(spelledOut(value)));
        for (const status of [200, 400, 401, 500]) {
          const body = { message: said.join(' and '), error: { message: said[0] }, errors: said };
          standIn.faults.set('*', { kind: 'answer', status, body });
          outputs.push({ from: `a list with ${status}`, text: (await read()).text });
          for (const { kind, input } of examplesOf(provider)) {
            outputs.push({
              from: `${kind} with ${status}`,
              text: JSON.stringify(await mutate(kind, input)),
            });
          }
          outlive();
        }
        outputs.push(...service.log.map((line) => ({ from: 'log', text: JSON.stringify(line) })));
        expect(findMarkers(outputs, markers)).toEqual([]);
        expect(service.log.length).toBeGreaterThan(0);
      }),
  },
  {
    name: 'what the provider says of a refused read stands in no answer',
    run: (provider) =>
      inWorld(provider, async ({ standIn, read }) => {
        const words = 'ask-your-administrator-about-4711';
        standIn.faults.set('*', {
          kind: 'answer',
          status: 400,
          body: { message: words, error: words },
        });
        const { text, codes } = await read();
        expectFor({ text }, text.includes(words), false);
        expect(codes).toEqual(Array(3).fill('PROVIDER_BAD_RESPONSE'));
      }),
  },
  {
    name: 'credentials that the provider takes no longer are said to be so, in an answer and in the log',
    run: (provider) =>
      inWorld(provider, async ({ service, standIn, read, mutate }) => {
        standIn.keys.clear();
        expect(new Set((await read()).codes)).toEqual(new Set(['PROVIDER_AUTH_FAILED']));
        for (const { kind, input } of examplesOf(provider)) {
          expectFor({ kind }, codesOf(await mutate(kind, input)), ['PROVIDER_AUTH_FAILED']);
        }
        expect(service.log).toContainEqual(
          expect.objectContaining({ level: 50, provider: provider.name.enumValue }),
        );
      }),
  },
];
