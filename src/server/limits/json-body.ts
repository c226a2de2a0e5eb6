import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isObject } from '../../providers/json.ts';
import { badRequest } from '../refusal.ts';
import { parseRequestJson } from './request-json.ts';
import { createTurns } from './turns.ts';

/**
 * Reads JSON in turns, and none that is made of a great many small parts: a MiB of empty lists takes 80 ms to parse.
 * What follows in the same round, up to the first thing that has to be waited for, is in the turn too: the operation
 * is parsed, validated, and mostly answered.
 */
export function readJsonInTurns(
  app: FastifyInstance,
  tenantOf: (request: FastifyRequest) => string,
): void {
  const turn = createTurns();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>(
    'application/json',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, bytes: Buffer) => {
      await turn(tenantOf(request));
      return withWholeDocument(parseRequestJson(bytes));
    },
  );
}

/** Documents are known by the hash of their UTF-8, in which a half character is like a replaced one. */
function withWholeDocument(body: unknown): unknown {
  const query = isObject(body) ? body.query : undefined;
  if (typeof query !== 'string' || query.isWellFormed()) return body;
  throw badRequest('The query must be whole Unicode text: it holds half of a surrogate pair');
}
