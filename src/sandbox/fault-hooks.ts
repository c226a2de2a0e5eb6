import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { waitConnected } from './fault-kinds/connection.ts';
import { cutsRealAnswer } from './fault-kinds/cut.ts';
import { changeRecords } from './fault-kinds/records.ts';
import type { BadgesInAnswers } from './fault-kinds/records.ts';
import { isAlteration, showFault } from './fault-kinds/show.ts';
import type { Alteration, Replacement } from './fault-kinds/show.ts';
import type { FaultSwitch } from './fault-switch.ts';
import type { Fault } from './faults.ts';

export interface FaultHooksOptions {
  faults: FaultSwitch;
  badges: BadgesInAnswers;
  /** Runs before every operation that the faults let through; refuses by throwing a `Refusal`. */
  guard: (request: FastifyRequest) => Promise<void>;
}

/** Lets requests of operations meet the faults that are switched on: before the operation, or in its answer. */
export function addFaultHooks(
  app: FastifyInstance,
  { faults, badges, guard }: FaultHooksOptions,
): void {
  /** Faults that are still to show in an answer. */
  const pending = new WeakMap<FastifyRequest, Fault>();

  app.addHook('preHandler', async (request, reply) => {
    const { operation } = request.routeOptions.config;
    if (operation === undefined) return;
    const fault = faults.take(operation, request.url);
    if (fault && isShownAtOnce(fault, request.method)) {
      reply.hijack();
      return showFault(fault, reply.raw);
    }
    if (fault) pending.set(request, fault);
    await guard(request);
    if (fault?.kind === 'delay' && !fault.isApplied) {
      await waitConnected(reply.raw, fault.ms);
      pending.delete(request);
    }
  });

  app.addHook('onSend', async (request, reply, payload: unknown) => {
    const fault = pending.get(request);
    pending.delete(request);
    if (!fault) return payload;
    const body = typeof payload === 'string' ? payload : '';
    if (isAlteration(fault)) return alter(fault, { request, reply, body, badges });
    await showFault(fault, reply.raw, {
      status: reply.statusCode,
      headers: reply.getHeaders(),
      body,
    });
    // The connection is the fault's from here on: the framework waits for ever.
    return new Promise<never>(() => undefined);
  });
}

function isShownAtOnce(fault: Fault, method: string): fault is Replacement {
  if (isAlteration(fault) || fault.isApplied) return false;
  // A read may be carried out for what it would answer; a write may not.
  return method !== 'GET' || !cutsRealAnswer(fault);
}

interface Sent {
  request: FastifyRequest;
  reply: FastifyReply;
  body: string;
  badges: BadgesInAnswers;
}

/** Gives the body to send. */
async function alter(fault: Alteration, { request, reply, body, badges }: Sent): Promise<string> {
  switch (fault.kind) {
    case 'delay':
      await waitConnected(reply.raw, fault.ms);
      return body;
    case 'headers':
      reply.headers(fault.headers);
      return body;
    case 'records': {
      const { operation = '' } = request.routeOptions.config;
      const { change } = fault;
      return reply.statusCode < 300 ? changeRecords(body, { operation, change, badges }) : body;
    }
  }
}
