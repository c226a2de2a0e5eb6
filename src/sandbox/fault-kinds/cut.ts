import type { ServerResponse } from 'node:http';
import type { Fault, FaultOf } from '../faults.ts';
import { setHead, toText } from './answer.ts';
import type { Answer } from './answer.ts';

/** Half of it is as good as half of the provider's answer, for a write that is not to take effect. */
const NO_REAL_ANSWER: Answer = {
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: '{"message":"This answer is never seen whole"}',
};

/** Whether the fault spoils the provider's real answer, and so needs it. */
export function cutsRealAnswer(fault: Fault): boolean {
  if (fault.kind === 'truncate') return fault.body === undefined;
  return fault.kind === 'reset' && fault.at === 'body';
}

/** Promises the whole body, sends half of it, and closes the connection in good order (FIN). */
export function truncate(
  { body }: FaultOf<'truncate'>,
  response: ServerResponse,
  real: Answer = NO_REAL_ANSWER,
): void {
  const answer = body === undefined ? real : { ...NO_REAL_ANSWER, body: toText(body) };
  sendHalf(answer, response, () => response.socket?.end());
}

/** Cuts the connection (RST), before any byte of an answer or in the middle of its body. */
export function reset(
  { at }: FaultOf<'reset'>,
  response: ServerResponse,
  real: Answer = NO_REAL_ANSWER,
): void {
  const cut = (): void => void response.socket?.resetAndDestroy();
  switch (at) {
    case 'start':
      return cut();
    case 'body':
      return sendHalf(real, response, cut);
  }
}

function sendHalf(answer: Answer, response: ServerResponse, then: () => void): void {
  const body = Buffer.from(answer.body);
  // A body of less than two bytes has no middle.
  const length = Math.max(2, body.length);
  setHead(answer, response);
  response.setHeader('content-length', length);
  response.write(body.subarray(0, length / 2), then);
}
