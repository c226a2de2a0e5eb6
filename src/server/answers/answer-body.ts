import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { nextTurn } from '../../http/json-in-slices.ts';
import { cutText } from '../../http/json.ts';

/** To encode so many and hand them to the network takes about half a millisecond. */
const PIECE_CHARACTERS = 256 * 1024;
const END = '\n';

/**
 * What is sent of the text of an answer. A long one goes out in pieces, with its length told before. Each is encoded
 * once the one before is with the network, so that a caller who reads slowly keeps one copy of the text in memory, and
 * others have their turn between two of them. The text must be whole Unicode.
 */
export function toAnswerBody(text: string, reply: FastifyReply): string | Readable {
  if (text.length <= PIECE_CHARACTERS || reply.statusCode >= 400) return text + END;
  void reply.header('content-length', Buffer.byteLength(text) + END.length);
  return Readable.from(piecesOf(text), { highWaterMark: 1 });
}

async function* piecesOf(text: string): AsyncGenerator<string> {
  let at = 0;
  while (at < text.length) {
    const piece = cutText(text.slice(at, at + PIECE_CHARACTERS + 1), PIECE_CHARACTERS);
    yield piece;
    at += piece.length;
    await nextTurn();
  }
  yield END;
}
