import { startApollo } from '../../../deploy/routers/node-gateway/apollo.ts';
import { ROUTER_SECRET as routerSecret } from './forwarded.ts';
import { serveSupergraph } from './serve.ts';

/** Apollo's gateway with the configuration of deploy/. */
await serveSupergraph((supergraphSdl) =>
  startApollo({ supergraphSdl, routerSecret, host: '127.0.0.1', port: 0 }),
);
