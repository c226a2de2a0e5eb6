import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Alteration } from '../../src/sandbox/behaviour.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { type ExchangeRequest, exchange } from '../support/contract.ts';
import { returningAIStored, tagMangoStored } from '../support/records.ts';
import { HALL_ID, MAJOR_ID, returningAIRequests, tagMangoRequests } from './requests.ts';

type Badge = Readonly<Record<string, unknown>>;

let sandbox: Sandbox;
let now = 0;
beforeEach(async () => {
  now = 0;
  sandbox = await startSandbox({
    returningAI: { badges: [returningAIStored()], now: () => now },
    tagMango: { badges: [tagMangoStored()], now: () => now },
  });
});
afterEach(() => sandbox.close());

/** What each provider calls the same things, so that what holds for both is said once. */
const PROVIDERS = [
  {
    key: 'returningAI',
    requests: returningAIRequests,
    id: MAJOR_ID,
    name: 'title',
    description: 'One trade that makes 30%.',
    full: { title: 'Renamed', action: 'custom', description: 'One trade that makes 30%.' },
    toBadges: (body: unknown) => (body as { body: Badge | Badge[] }).body,
  },
  {
    key: 'tagMango',
    requests: tagMangoRequests,
    id: HALL_ID,
    name: 'name',
    description: 'Once a year.',
    full: { name: 'Renamed' },
    toBadges: (body: unknown) => (body as { result: Badge | Badge[] }).result,
  },
] as const;
type Provider = (typeof PROVIDERS)[number];

async function ask(
  { key, toBadges }: Provider,
  request: ExchangeRequest,
  body?: object,
): Promise<Badge[]> {
  const given = body === undefined ? request : { ...request, body };
  const { answer } = await exchange(sandbox[key].origin, given);
  return [toBadges(answer.body)].flat();
}

const list = (provider: Provider): Promise<Badge[]> => ask(provider, provider.requests.list);
const rename = (provider: Provider): Promise<Badge[]> =>
  ask(provider, provider.requests.update, provider.full);

describe.each(PROVIDERS)('$key', (provider) => {
  const { key, requests, id, name } = provider;
  const names = (badges: Badge[]): unknown[] => badges.map((badge) => badge[name]);

  test('shows a write in its list only after the lag, and answers it at once', async () => {
    const before = names(await list(provider));
    sandbox[key].behaviour.listLagMs = 2_000;

    expect(names(await rename(provider))).toEqual(['Renamed']);
    now = 1_999;
    expect(names(await list(provider))).toEqual(before);
    now = 2_000;
    expect(names(await list(provider))).toEqual(['Renamed']);
  });

  test('shows two writes one after the other, each after its own lag', async () => {
    const before = names(await list(provider));
    sandbox[key].behaviour.listLagMs = 2_000;
    await rename(provider);
    now = 500;
    await ask(provider, requests.update, { ...provider.full, [name]: 'Again' });
    await ask(provider, requests.create);

    expect(names(await list(provider))).toEqual(before);
    now = 2_000;
    expect(names(await list(provider))).toEqual(['Renamed']);
    now = 2_500;
    expect(names(await list(provider))).toEqual(['Again', 'Scout']);
  });

  test('answers a write with the badge as it was before', async () => {
    const before = await list(provider);
    sandbox[key].behaviour.answers = 'before';

    expect(await rename(provider)).toEqual(before);
    expect(names(await list(provider))).toEqual(['Renamed']);
    const [created] = await ask(provider, requests.create, {
      ...requests.create.body,
      description: 'Just made',
    });
    expect(created).toMatchObject({ [name]: 'Scout', description: '' });
    expect((await list(provider))[1]).toMatchObject({ description: 'Just made' });
  });

  const SENT = ' Ada & <Bob> 🏆 at LENGTH ';
  test.each<[Alteration, string]>([
    [{ kind: 'trim' }, 'Ada & <Bob> 🏆 at LENGTH'],
    [{ kind: 'cut', length: 14 }, ' Ada & <Bob> 🏆'],
    [{ kind: 'escape-html' }, ' Ada &amp; &lt;Bob&gt; 🏆 at LENGTH '],
    [{ kind: 'lower-case' }, ' ada & <bob> 🏆 at length '],
    [{ kind: 'strip-emoji' }, ' Ada & <Bob>  at LENGTH '],
    [{ kind: 'ignore', fields: ['description'] }, provider.description],
    [{ kind: 'trim', fields: [name] }, SENT],
  ])('alters a text that it is given: %j', async (alteration, description) => {
    sandbox[key].behaviour.alters = [alteration];
    const [answer] = await ask(provider, requests.update, {
      ...provider.full,
      description: SENT,
    });

    expect(answer).toMatchObject({ description });
    expect(sandbox[key].badges.get(id)).toMatchObject({ description });
  });

  test('shows a value otherwise only in its list', async () => {
    sandbox[key].behaviour.listShows = [{ kind: 'cut', length: 3 }, { kind: 'lower-case' }];
    const [answer] = await rename(provider);

    expect(answer).toMatchObject({ [name]: 'Renamed' });
    expect(names(await list(provider))).toEqual(['ren']);
    expect(sandbox[key].badges.get(id)).toMatchObject({ [name]: 'Renamed' });
  });

  test('signs picture URLs anew at every read, and nothing else', async () => {
    const before = await list(provider);
    sandbox[key].behaviour.listShows = [{ kind: 'sign-urls' }];
    const [first, second] = [await list(provider), await list(provider)];

    expect(first).not.toEqual(second);
    const unsigned = JSON.stringify(first).replaceAll(
      /\?X-Amz-Expires=900&X-Amz-Signature=\w+/g,
      '',
    );
    expect(JSON.parse(unsigned)).toEqual(before);
  });

  test('takes a behaviour by its control route, and goes back to the default', async () => {
    const url = `${sandbox[key].origin}/_sandbox/behaviour`;
    const init = { headers: { 'content-type': 'application/json' }, method: 'PUT' };
    const behaviour = { listLagMs: 9, alters: [{ kind: 'cut' }] };
    const changed = await fetch(url, { ...init, body: JSON.stringify(behaviour) });

    expect(await changed.json()).toMatchObject({
      listLagMs: 9,
      answers: 'new',
      alters: [{ kind: 'cut', length: 200 }],
    });
    expect(sandbox[key].behaviour.listLagMs).toBe(9);
    await fetch(url, { method: 'DELETE' });
    expect(sandbox[key].behaviour).toMatchObject({ listLagMs: 0, alters: [] });
  });

  test.each([
    [[], 'Send a JSON object'],
    [{ lag: 1 }, 'Unrecognized key'],
    [{ alters: [{ kind: 'trim', fields: ['colour'] }] }, 'Unknown fields colour'],
    [{ listShows: [{ kind: 'ignore', fields: [name] }] }, 'Invalid'],
  ])('refuses %j as a behaviour', async (behaviour, message) => {
    const response = await fetch(`${sandbox[key].origin}/_sandbox/behaviour`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(behaviour),
    });

    expect([response.status, await response.text()]).toEqual([
      400,
      expect.stringContaining(message),
    ]);
    expect(sandbox[key].behaviour).toMatchObject({ listLagMs: 0, alters: [], listShows: [] });
  });
});

describe('Returning.AI', () => {
  const [provider] = PROVIDERS;

  test('shows all thirteen fields, as strings like the others', async () => {
    sandbox.returningAI.behaviour.shows = 'all';
    const shown = {
      id: MAJOR_ID,
      title: 'Major',
      action: 'custom',
      quantity: '3',
      image: 'https://img.example/major.png',
      description: 'One trade that makes 30%.',
      darkImage: 'https://img.example/dark.png',
      lightImage: 'https://img.example/light.png',
      enabledDarkAndLight: 'true',
      award: 'true',
      awardCurrency: 'true',
      awardXpQuantity: '70',
      awardCurrencyQuantity: '7',
      attachRequired: 'true',
      awarded: 'true',
    };

    expect(await list(provider)).toEqual([shown]);
    expect(await ask(provider, returningAIRequests.award)).toEqual([shown]);
  });

  test('shows the named fields, and always the id', async () => {
    sandbox.returningAI.behaviour.shows = ['title', 'awardXpQuantity'];

    expect(await list(provider)).toEqual([{ id: MAJOR_ID, title: 'Major', awardXpQuantity: '70' }]);
  });

  test('keeps with a merging PUT what the body leaves out', async () => {
    const stored = sandbox.returningAI.badges.get(MAJOR_ID);
    sandbox.returningAI.behaviour.put = 'merges';
    await rename(provider);

    expect(sandbox.returningAI.badges.get(MAJOR_ID)).toEqual({ ...stored, title: 'Renamed' });
  });

  test('rounds numbers', async () => {
    sandbox.returningAI.behaviour.alters = [{ kind: 'round', to: 10 }];
    const body = { ...provider.full, quantity: 28 };

    expect(await ask(provider, returningAIRequests.update, body)).toMatchObject([
      { quantity: '30' },
    ]);
  });
});

describe('TagMango', () => {
  const [, provider] = PROVIDERS;
  const mangoes = ['6659ca9e5f2acb7abfdcd8fd', '665af1205f2acb7abfdd0a11'];

  test('shows mangoes in another order', async () => {
    await ask(provider, tagMangoRequests.update, { automationEnabledMangoes: mangoes });
    sandbox.tagMango.behaviour.listShows = [{ kind: 'reverse-lists' }];

    expect(await list(provider)).toMatchObject([
      { automationEnabledMangoes: mangoes.toReversed() },
    ]);
  });

  test('stores pictures at another host', async () => {
    sandbox.tagMango.behaviour.alters = [{ kind: 'rewrite-urls' }];
    const body = { imageUrl: 'https://img.example/new.png?size=2' };

    expect(await ask(provider, tagMangoRequests.update, body)).toMatchObject([
      { imageUrl: 'https://cdn.example/stored/new.png' },
    ]);
  });
});
