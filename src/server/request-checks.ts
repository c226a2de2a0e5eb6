import type { FastifyRequest } from 'fastify';
import { parseExactly } from './limits/request-json.ts';
import { badRequest } from './refusal.ts';

/** Refuses a request that could not be read as it is meant, before its body is read. */
export function checkRequestHead(request: FastifyRequest): void {
  checkTarget(request);
  checkBodyHeaders(request);
}

function checkTarget({ method, url, protocol, hostname }: FastifyRequest): void {
  if (!URL.canParse(url, `${protocol}://${hostname}/`)) {
    throw badRequest('The path or the host header of the request cannot be read');
  }
  const [, query = ''] = url.split(/\?(.*)/s, 2);
  if (!isDecodable(query)) throw badRequest('The query of the URL must be UTF-8, percent-encoded');
  if (method === 'GET') checkVariables(query);
}

/** Throws for names that no JSON of a request may have. What is no JSON is told of by the library. */
function checkVariables(query: string): void {
  const json = new URLSearchParams(query).get('variables');
  try {
    if (json !== null) parseExactly(json);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
}

function isDecodable(query: string): boolean {
  try {
    decodeURIComponent(query);
    return true;
  } catch {
    return false;
  }
}

function checkBodyHeaders({ headers }: FastifyRequest): void {
  const { 'content-encoding': encoding = 'identity', 'content-type': type = '' } = headers;
  if (!/^(identity)?$/i.test(encoding)) {
    throw badRequest('The body must not be compressed', {
      status: 415,
      headers: { 'accept-encoding': 'identity' },
    });
  }
  const charsets = [...type.matchAll(/;\s*charset\s*=\s*("?)([^";\s]*)\1/gi)];
  if (!charsets.every(([, , charset = '']) => /^utf-?8$/i.test(charset))) {
    throw badRequest('The body must be UTF-8, and its content-type names another charset', {
      status: 415,
    });
  }
}
