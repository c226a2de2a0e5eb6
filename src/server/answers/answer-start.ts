import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { BadgesContext } from '../../badges/context.ts';
import { ANSWER_CAPS } from '../limits/limits.ts';
import type { Turns } from '../limits/turns.ts';
import { createAnswerBudget } from './answer-budget.ts';
import { createAnswerMeter } from './answer-meter.ts';
import { measureAnswer } from './measured-schema.ts';

interface AnswerStartOptions {
  turns: Turns;
  answerMaxBytes?: number;
  answersBudgetBytes?: number;
}

/** What is to be done when a connection ends. Answers that wait for those before them are told nothing of it. */
const ofSockets = new WeakMap<Socket, Set<() => void>>();

/** Begins to count the answer of a request, until it is sent or nobody waits for it any more. */
export function createAnswerStart({
  turns,
  answerMaxBytes = ANSWER_CAPS.bytes,
  answersBudgetBytes = ANSWER_CAPS.bytesAtOneTime,
}: AnswerStartOptions): (context: BadgesContext, response: ServerResponse) => void {
  const budget = createAnswerBudget(answersBudgetBytes);
  return (context, response) => {
    const { id } = context.caller.tenant;
    const share = budget.open(id);
    measureAnswer(context, {
      meter: createAnswerMeter(share, answerMaxBytes),
      errorBytes: 0,
      nextTurn: turns.afterWaits(id),
      onLeftOut: (error) => void context.partialErrors.push(error),
    });
    whenDone(response, () => share.release());
  };
}

function whenDone(response: ServerResponse, end: () => void): void {
  const { socket } = response.req;
  if (response.destroyed || socket.destroyed) return end();
  const ends = ofSockets.get(socket) ?? watch(socket);
  ends.add(end);
  response.once('close', () => {
    ends.delete(end);
    end();
  });
}

function watch(socket: Socket): Set<() => void> {
  const ends = new Set<() => void>();
  ofSockets.set(socket, ends);
  socket.once('close', () => ends.forEach((end) => end()));
  return ends;
}
