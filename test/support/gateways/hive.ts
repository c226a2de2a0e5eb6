import { startGateway } from '../../../examples/supergraph/gateway.ts';
import { serveSupergraph } from './serve.ts';

await serveSupergraph((supergraphSdl) =>
  startGateway({ supergraphSdl, port: 0, query: '{ __typename }' }),
);
