import type { ServerResponse } from 'node:http';
import type { Fault, FaultOf } from '../faults.ts';
import { sendAnswer, toAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import { reset, truncate } from './cut.ts';
import { drip } from './drip.ts';
import { sendBomb, sendDeep, sendHuge } from './oversized.ts';

/** A fault that lets the provider's answer through: late, or with something in it changed. */
export type Alteration = FaultOf<'delay' | 'headers' | 'records'>;
/** A fault that comes in place of the provider's answer. */
export type Replacement = Exclude<Fault, Alteration>;

export function isAlteration(fault: Fault): fault is Alteration {
  return fault.kind === 'delay' || fault.kind === 'headers' || fault.kind === 'records';
}

/** Shows the fault to the caller. `real` is what the provider would have answered, where that is known. */
export async function showFault(
  fault: Replacement,
  response: ServerResponse,
  real?: Answer,
): Promise<void> {
  switch (fault.kind) {
    case 'answer':
      return sendAnswer(toAnswer(fault), response);
    case 'hang':
      return;
    case 'drip':
      return drip(fault, response);
    case 'reset':
      return reset(fault, response, real);
    case 'truncate':
      return truncate(fault, response, real);
    case 'huge':
      return sendHuge(fault.bytes, response);
    case 'bomb':
      return sendBomb(fault.megabytes, response);
    case 'deep':
      return sendDeep(fault.levels, response);
  }
}
