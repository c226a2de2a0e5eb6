import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Refusal } from './behaviour.ts';
import {
  type Alteration,
  type BadgesInAnswers,
  type Replacement,
  changeRecords,
  cutsRealAnswer,
  isAlteration,
  recordsProblem,
  showFault,
  waitConnected,
} from './fault-kinds.ts';
import {
  type Fault,
  type FaultInput,
  PRESET_NAMES,
  faultSchema,
  times,
  toPreset,
} from './faults.ts';

const namedFaultSchema = z.strictObject({
  name: z.enum(PRESET_NAMES),
  isApplied: z.boolean().optional(),
  times,
});

/** A fault with the name of its preset. */
type NamedFault = z.output<typeof namedFaultSchema>;
type SwitchedFault = Fault | NamedFault;

/** Faults by the operation of the contract file. `*` stands for all operations. */
export interface FaultSwitch {
  /** Throws a `Refusal` for a fault that this operation cannot show. */
  set(operation: string, fault: FaultInput | z.input<typeof namedFaultSchema>): void;
  clear(operation?: string): void;
  /** The fault of the next request of this operation, if any. Counts down `times`. */
  take(operation: string, url: string): Fault | undefined;
  entries(): Record<string, SwitchedFault>;
}

export interface FaultSwitchOptions {
  /** The provider's error body for a status. `url` is the requested path with its query. */
  toErrorBody: (status: number, message: string, url: string) => object;
  badges: BadgesInAnswers;
}

export function createFaultSwitch({ toErrorBody, badges }: FaultSwitchOptions): FaultSwitch {
  const faults = new Map<string, SwitchedFault>();

  function toFault(fault: SwitchedFault, url: string): Fault {
    if (!('name' in fault)) return fault;
    const preset = toPreset(fault.name, (status) =>
      toErrorBody(status, 'A fault of the sandbox', url),
    );
    const { isApplied = preset.isApplied } = fault;
    return parse(faultSchema, { ...preset, isApplied });
  }

  function set(operation: string, input: unknown): void {
    const fault = parseFault(input);
    const shown = toFault(fault, '/');
    const problem =
      shown.kind === 'records' ? recordsProblem(operation, shown.change, badges) : undefined;
    if (problem) throw new Refusal(400, problem);
    faults.set(operation, fault);
  }

  function take(operation: string, url: string): Fault | undefined {
    const key = faults.has(operation) ? operation : '*';
    const fault = faults.get(key);
    if (fault?.times === 1) faults.delete(key);
    else if (fault?.times !== undefined) faults.set(key, { ...fault, times: fault.times - 1 });
    return fault && toFault(fault, url);
  }

  return {
    set,
    clear: (operation) =>
      void (operation === undefined ? faults.clear() : faults.delete(operation)),
    take,
    entries: () => Object.fromEntries(faults),
  };
}

/** Parses the fault of a request. Throws a `Refusal`. */
export function parseFault(input: unknown): SwitchedFault {
  const isNamed = typeof input === 'object' && input !== null && 'name' in input;
  return isNamed ? parse(namedFaultSchema, input) : parse(faultSchema, input);
}

function parse<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new Refusal(400, z.prettifyError(parsed.error));
}

export interface FaultHooksOptions {
  faults: FaultSwitch;
  badges: BadgesInAnswers;
  /** Runs before every operation without a fault. Throws a `Refusal` to reject it. */
  guard: (request: FastifyRequest) => Promise<void>;
}

/** Applies the faults that are switched on, before an operation or to its answer. */
export function addFaultHooks(
  app: FastifyInstance,
  { faults, badges, guard }: FaultHooksOptions,
): void {
  /** Faults that are to be applied to the answer. */
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
    // The fault handles the connection from here on, and the framework waits for ever.
    return new Promise<never>(() => undefined);
  });
}

function isShownAtOnce(fault: Fault, method: string): fault is Replacement {
  if (isAlteration(fault) || fault.isApplied) return false;
  // A read may run for the sake of its answer. A write may not.
  return method !== 'GET' || !cutsRealAnswer(fault);
}

interface Sent {
  request: FastifyRequest;
  reply: FastifyReply;
  body: string;
  badges: BadgesInAnswers;
}

/** Returns the body to send. */
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
