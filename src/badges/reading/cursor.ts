import { z } from 'zod';
import type { OrderKey, OrderedBy } from './order.ts';

const cursorSchema = z.tuple([z.string(), z.string(), z.string(), z.string(), z.string()]);

/** Opaque to clients: the order and the badge's key in it. */
export function toCursor({ field, direction }: OrderedBy, key: OrderKey): string {
  return Buffer.from(JSON.stringify([field, direction, ...key])).toString('base64url');
}

/** Longer than that of any key, whose name is cut. What is longer may take long to read. */
const MOST_CHARACTERS = 16_384;

/** Null for a text that is no cursor, or one of a list in another order. */
export function readCursor({ field, direction }: OrderedBy, cursor: string): OrderKey | null {
  if (cursor.length > MOST_CHARACTERS) return null;
  const parsed = cursorSchema.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString()));
  if (!parsed.success) return null;
  const [cursorField, cursorDirection, ...key] = parsed.data;
  const isOurs = cursorField === field && cursorDirection === direction;
  return isOurs && toCursor({ field, direction }, key) === cursor ? key : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
