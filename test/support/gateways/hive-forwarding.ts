import { startHive } from '../../../deploy/routers/node-gateway/hive.ts';
import { ROUTER_SECRET as routerSecret } from './forwarded.ts';
import { serveSupergraph } from './serve.ts';

/** Hive Gateway with the configuration of deploy/. */
await serveSupergraph((supergraphSdl) =>
  startHive({ supergraphSdl, routerSecret, host: '127.0.0.1', port: 0 }),
);
