import './register-forum.ts';
import { expect, test } from '@jest/globals';
import { ProviderError } from '../../src/http/provider-error.ts';
import { isHttpsUrl } from '../../src/providers/graph-types.ts';
import { createForumClient } from './forum/client.ts';
import { forum } from './forum/index.ts';
import { type World, exampleOf, inWorld } from './kit/world.ts';
import { plainHttpDeps } from '../support/http-deps.ts';

/** What a provider can state about itself that neither of the first two needs. */

const { badgeId } = forum.example;
const create = (world: World) =>
  world.mutate('create', exampleOf(forum, 'create') ?? {}, { idempotencyKey: 'a-key' });
const refuseCreation = ({ standIn }: World, body: object) =>
  standIn.faults.set('createBadge', { kind: 'answer', status: 422, body });

test('a refusal names the input fields that the codes of the provider are about, and none of its words', () =>
  inWorld(forum, async (world) => {
    refuseCreation(world, {
      error: 'There is a "Night Shift" in description already',
      code: ['toString', 'image_unreachable', 'name_taken'],
    });
    expect((await create(world)).userErrors).toEqual([
      expect.objectContaining({
        code: 'INVALID_INPUT',
        // The example has no image.
        fields: [['input', 'forum', 'name']],
        message:
          'Forum rejected the request as invalid. Fields at fault: name. Nothing was changed.',
      }),
    ]);
  }));

test('a refusal without such a code names the fields that were sent', () =>
  inWorld(forum, async (world) => {
    refuseCreation(world, { error: 'name', code: 'odd' });
    expect((await create(world)).userErrors).toEqual([
      expect.objectContaining({
        fields: [],
        message:
          'Forum rejected the request as invalid. Fields that were sent: name, description. Nothing was changed.',
      }),
    ]);
  }));

test('a warning of its own is given, and again under the same key', () =>
  inWorld(forum, async ({ mutate }) => {
    const pause = () =>
      mutate('update', { id: badgeId, enabled: false }, { idempotencyKey: 'a-key' });
    const warnings = [{ code: 'GRANTS_PAUSED' }];
    expect([await pause(), await pause()]).toMatchObject([{ warnings }, { warnings }]);
  }));

test('a badge that was kept shows the picture that only the settings of the tenant make whole', () =>
  inWorld(forum, async ({ mutate, standIn, read }) => {
    const rename = () =>
      mutate('update', { id: badgeId, name: 'Host' }, { idempotencyKey: 'a-key' });
    const imageUrl = `${standIn.origin}/pictures/welcomer.svg`;
    const shown = { badge: { name: 'Host', imageUrl } };
    expect([await rename(), await rename()]).toMatchObject([shown, shown]);
    // The list still shows the old name, so this service restores what it wrote.
    Object.assign(standIn.behaviour, { listLagMs: 60_000 });
    await mutate('update', { id: badgeId, name: 'Hostess' });
    expect((await read()).data.badge).toMatchObject({ name: 'Hostess', imageUrl });
  }));

test('a revocation whose answer has no badge shows it with one holder less', () =>
  inWorld(forum, async ({ mutate }) => {
    const input = exampleOf(forum, 'award') ?? {};
    expect(await mutate('award', input)).toMatchObject({
      awardedBadges: [{ grantCount: 1 }],
      // Its answer shows the badge alone.
      memberBadges: null,
    });
    expect(await mutate('revoke', input)).toMatchObject({ badge: { grantCount: 0 } });
  }));

test('a credential is taken out of the words of the provider, whatever its header is called', async () => {
  const key = 'the-pass-of-this-forum';
  expect(await wordsOfForum(key)).toBe('The pass [redacted] is not allowed to do this');
});

/** The provider's words about a write that the client passes on. */
async function wordsOfForum(key: string): Promise<unknown> {
  let words: unknown;
  await inWorld(forum, async ({ standIn, clock }) => {
    const body = { error: `The pass ${key} is not allowed to do this` };
    standIn.faults.set('createBadge', { kind: 'answer', status: 422, body });
    const client = createForumClient(
      { FORUM_BASE_URL: standIn.origin, FORUM_API_KEY: key },
      {
        isImageUrl: isHttpsUrl,
        http: {
          ...plainHttpDeps,
          clock,
        },
      },
    );
    const bounds = { purpose: 'write', deadlineAt: clock.now() + 5_000 } as const;
    const error = await client.createBadge({}, bounds).catch((thrown: unknown) => thrown);
    words = error instanceof ProviderError ? error.providerMessage : error;
    await client.close();
  });
  return words;
}
