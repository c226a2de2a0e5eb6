import type { FastifyInstance } from 'fastify';
import { BODY_CAPS, showCap } from './caps.ts';
import { createTurns } from './turns.ts';

/** A body that would take long to parse. */
export class BodyExcess extends Error {
  readonly statusCode = 400;
}

/**
 * Reads JSON as the listener would by itself, but in turns, and none that is made of a great many small parts:
 * a MiB of empty lists takes 80 ms to parse. What follows in the same round, up to the first thing that has to be
 * waited for, is in the turn too: the operation is parsed, validated, and mostly answered.
 */
export function readJsonInTurns(app: FastifyInstance): void {
  const turn = createTurns();
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser<string>(
    'application/json',
    { parseAs: 'string' },
    (request, body, done) => {
      void turn().then(() => {
        if (countSigns(body, BODY_CAPS.signs) <= BODY_CAPS.signs) void parse(request, body, done);
        else done(new BodyExcess(`The JSON of a request may have ${MOST} commas and brackets`));
      });
    },
  );
}

const MOST = showCap(BODY_CAPS.signs);
const [QUOTE, BACKSLASH] = ['"', '\\'];
const SIGNS: readonly unknown[] = [',', '[', '{'];

/** How many commas and opening brackets JSON has outside its texts. Stops beyond the most. */
export function countSigns(json: string, most: number): number {
  let signs = 0;
  let isInText = false;
  for (let at = 0; at < json.length && signs <= most; at += 1) {
    const sign = json[at];
    if (sign === QUOTE) isInText = !isInText;
    else if (isInText) at += sign === BACKSLASH ? 1 : 0;
    else if (SIGNS.includes(sign)) signs += 1;
  }
  return signs;
}
