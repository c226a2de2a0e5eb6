import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { composeSupergraph } from '../../examples/supergraph/compose.ts';
import { ROUTER_SECRET } from '../support/gateways/forwarded.ts';
import { type RunningGateway, startGatewayProcess } from '../support/gateways/index.ts';
import { sendOperation } from '../support/graphql-client.ts';
import { type TestService, startTestService } from '../support/service.ts';
import {
  type Issuer,
  type SignToken,
  type SigningKey,
  createSigner,
  createSigningKey,
  startIssuer,
} from '../support/tokens.ts';

let key: SigningKey;
let issuer: Issuer;
let sign: SignToken;
let service: TestService;
let supergraphSdl: string;
beforeAll(async () => {
  key = await createSigningKey('key-1');
  issuer = await startIssuer([key]);
  sign = createSigner(issuer);
  service = await startTestService({
    tokens: issuer.settings,
    routerSecrets: [ROUTER_SECRET],
    hasAuthDirectives: true,
  });
  const sdl = await sdlOf(service);
  supergraphSdl = composeSupergraph([{ name: 'badges', url: `${service.url}/graphql`, sdl }]);
});
afterAll(async () => {
  await service.close();
  await issuer.close();
});

async function sdlOf({ url }: TestService): Promise<string> {
  const { text } = await sendOperation(
    `${url}/graphql`,
    { query: '{ _service { sdl } }' },
    { headers: { 'router-authorization': ROUTER_SECRET } },
  );
  const { data } = JSON.parse(text) as { data: { _service: { sdl: string } } };
  return data._service.sdl;
}

test("a running subgraph tells who may see what when it is set to, and else doesn't", async () => {
  const other = await startTestService();
  try {
    const applied = /@(authenticated|requiresScopes)/;
    expect([await sdlOf(service), await sdlOf(other)].map((sdl) => applied.test(sdl))).toEqual([
      true,
      false,
    ]);
  } finally {
    await other.close();
  }
});

test("Apollo's gateway takes no supergraph with the directives, and says which", async () => {
  await expect(startGatewayProcess('apollo-forwarding', supergraphSdl)).rejects.toThrow(
    'feature https://specs.apollo.dev/authenticated/v0.1 is for: SECURITY but is unsupported',
  );
});

describe('Hive Gateway, which does not enforce the directives unless it is told to,', () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await startGatewayProcess('hive-forwarding', supergraphSdl);
  });
  afterAll(() => gateway.close());

  test.each([
    ['badges:read', { data: { badges: { totalCount: 16 } } }],
    [
      'badges:write',
      {
        data: { badges: null },
        errors: [{ message: 'The token lacks the scope badges:read.', path: ['badges'] }],
      },
    ],
  ])('leaves a token with %s to the subgraph, which looks at it', async (scope, expected) => {
    const { text } = await sendOperation(
      gateway.url,
      { query: '{ badges { totalCount } }' },
      { headers: { authorization: `Bearer ${await sign(key, { claims: { scope } })}` } },
    );
    expect(JSON.parse(text)).toMatchObject(expected);
  });
});
