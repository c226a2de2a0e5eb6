import { prepareDesk } from '../../../examples/supergraph/desk.ts';
import { startGateway } from '../../../examples/supergraph/gateway.ts';
import { serveSupergraph } from './serve.ts';

/** The example's gateway with the badge desk, which is built if its sources have changed. */
await serveSupergraph(async (supergraphSdl) =>
  startGateway({
    supergraphSdl,
    port: 0,
    query: '{ __typename }',
    desk: await prepareDesk({ say: (text) => console.error(text) }),
  }),
);
