import type { AddressInfo } from 'node:net';
import { fastify } from 'fastify';
import type { FastifyInstance } from 'fastify';
import { hostsOf, isLoopbackHost, pageHostsOf } from '../providers/loopback.ts';
import type { Arrivals } from './arrivals.ts';
import type { Behaviour, BehaviourSwitch } from './behaviour.ts';
import { addControlRoutes } from './control-routes.ts';
import { addFaultHooks } from './fault-hooks.ts';
import type { FaultHooksOptions } from './fault-hooks.ts';
import { createFaultSwitch } from './fault-switch.ts';
import type { FaultSwitch, FaultSwitchOptions } from './fault-switch.ts';
import { drawPicture } from './pictures.ts';
import { addRecording } from './recording.ts';
import type { RecordedRequest } from './recording.ts';

export type { RecordedRequest };

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The operationId in the provider's contract file. Routes without one are the sandbox's own. */
    operation?: string;
  }
}

/** A provider's place taken by a real HTTP server on this machine. */
export interface StandIn {
  /** Without a trailing slash. */
  origin: string;
  /** What it serves, by the names in the provider's contract file. */
  operations: ReadonlySet<string>;
  /** What reached the provider's own routes, oldest first; the last few thousand. */
  requests: RecordedRequest[];
  /** How many of them there were, and how fast they came: nothing is left out. */
  arrivals: () => Arrivals;
  resetArrivals: () => void;
  faults: FaultSwitch;
  /** What of its behaviour can be changed, for people. */
  behaviours: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** What every provider's stand-in has beside that. */
export interface ProviderStandIn extends StandIn {
  /** By id. */
  badges: Map<string, object>;
  /** Ids of the badges that each user holds, by user id. */
  awards: Map<string, Set<string>>;
  /** The API keys that it takes now. */
  keys: Set<string>;
  /** Can be changed at any time. */
  behaviour: Behaviour;
  /** The settings that lead to it. */
  variables: Readonly<Record<string, string>>;
}

export interface StandInOptions extends FaultSwitchOptions, Pick<FaultHooksOptions, 'guard'> {
  /** 0 takes any free one. */
  port?: number;
  behaviour: BehaviourSwitch;
  /** The provider's routes, each with an `operation` in its config. */
  addRoutes: (app: FastifyInstance) => void;
}

export async function startStandIn(options: StandInOptions): Promise<StandIn> {
  const { badges, guard, toErrorBody } = options;
  const operations = new Set<string>();
  const faults = createFaultSwitch({ toErrorBody, badges });
  const app = fastify({ forceCloseConnections: true });

  app.addHook('onRoute', ({ config }) => {
    if (config?.operation !== undefined) operations.add(config.operation);
  });
  refuseOtherNames(app, toErrorBody);
  const { requests, arrivals } = addRecording(app);
  addFaultHooks(app, { faults, badges, guard });
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const status = error.statusCode ?? 500;
    return reply.code(status).send(toErrorBody(status, error.message, request.url));
  });
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send(toErrorBody(404, 'Not found', request.url)),
  );

  options.addRoutes(app);
  addPictures(app);
  addControlRoutes(app, { faults, operations, arrivals, behaviour: options.behaviour });
  await app.listen({ host: '127.0.0.1', port: options.port ?? 0 });
  const { port } = app.server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    operations,
    requests,
    arrivals: () => arrivals.read(),
    resetArrivals: () => arrivals.reset(),
    faults,
    behaviours: options.behaviour.fields,
    close: () => app.close(),
  };
}

/**
 * A page in a browser that gives its own name the address of this machine must not reach the switches, and none of
 * another site: some requests are sent before a browser asks for leave.
 */
function refuseOtherNames(app: FastifyInstance, toErrorBody: StandInOptions['toErrorBody']): void {
  app.addHook('onRequest', async ({ raw, url }, reply) => {
    const hosts = [...hostsOf(raw), ...pageHostsOf(raw)];
    if (hosts.every((host = '') => isLoopbackHost(host))) return;
    const message = 'The sandbox is asked by names of this machine only, such as 127.0.0.1';
    return reply.code(403).send(toErrorBody(403, message, url));
  });
}

function addPictures(app: FastifyInstance): void {
  app.get<{ Params: { name: string } }>('/pictures/:name', ({ params }, reply) =>
    reply.type('image/svg+xml').send(drawPicture(params.name)),
  );
}
