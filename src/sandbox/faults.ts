import type { FastifyReply } from 'fastify';
import { z } from 'zod';

/** Only what a real answer can carry: anything else would break the sandbox and not its caller. */
const headerName = z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/);
const headerValue = z.string().regex(/^[\x20-\x7e]*$/);

const common = {
  /** Whether a write takes effect before the fault shows. */
  isApplied: z.boolean().default(false),
  /** How many requests it meets; for ever if left out. */
  times: z.int().positive().optional(),
};

export const faultSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('answer'),
    status: z.int().min(200).max(599).default(200),
    contentType: headerValue.default('application/json'),
    headers: z.record(headerName, headerValue).default({}),
    /** Text is sent as it is, anything else as JSON. */
    body: z.unknown().optional(),
    ...common,
  }),
  z.strictObject({ kind: z.literal('hang'), ...common }),
  z.strictObject({ kind: z.literal('reset'), ...common }),
]);

export type Fault = z.output<typeof faultSchema>;
export type FaultInput = z.input<typeof faultSchema>;

/** Faults by operation, as the contract file names it; `*` stands for all. */
export interface FaultSwitch {
  set(operation: string, fault: FaultInput): void;
  clear(operation?: string): void;
  /** The fault that the next request of this operation meets, if any; counts down `times`. */
  take(operation: string): Fault | undefined;
  entries(): Record<string, Fault>;
}

export function createFaultSwitch(): FaultSwitch {
  const faults = new Map<string, Fault>();

  function take(operation: string): Fault | undefined {
    const key = faults.has(operation) ? operation : '*';
    const fault = faults.get(key);
    if (fault?.times === 1) faults.delete(key);
    else if (fault?.times !== undefined) faults.set(key, { ...fault, times: fault.times - 1 });
    return fault;
  }

  return {
    set: (operation, fault) => void faults.set(operation, faultSchema.parse(fault)),
    clear: (operation) =>
      void (operation === undefined ? faults.clear() : faults.delete(operation)),
    take,
    entries: () => Object.fromEntries(faults),
  };
}

/** Shows the fault to the caller. */
export async function showFault(fault: Fault, reply: FastifyReply): Promise<void> {
  switch (fault.kind) {
    case 'answer': {
      const { status, contentType, headers, body } = fault;
      const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body);
      await reply.code(status).headers(headers).type(contentType).serializer(String).send(text);
      return;
    }
    case 'hang':
      reply.hijack();
      return;
    case 'reset':
      reply.hijack();
      reply.raw.socket?.resetAndDestroy();
      return;
  }
}
