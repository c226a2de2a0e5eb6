import { ASIDE_WORDS, FIELD_WORDS } from './provider-words.ts';
import { spelledOut } from './spellings.ts';

/** Answers in which a provider says all that it must not: words of its own, and our keys in this way or that. */
export interface Poison {
  headers: Record<string, string>;
  errorBody: (status: number) => object;
  /** Goes on for longer than our log. */
  text: string;
  /** The provider's list, with our keys and its words in every place of a record. */
  list: object;
}

/** `turn`: which way the key is spelled first, since the log is cut soon. */
export function createPoison(key: string, turn: number): Poison {
  const echo = inTurn(Object.values(spelledOut(key)), turn).join(' ');
  return {
    headers: toHeaders(key, echo),
    errorBody: (status) => ({
      echo,
      success: false,
      code: status,
      statusCode: status,
      type: ASIDE_WORDS.message.value,
      statusMessage: ASIDE_WORDS.message.value,
      message: `${echo} ${ASIDE_WORDS.message.value}`,
      meta: {
        success: false,
        statusCode: status,
        message: echo,
        devMessage: ASIDE_WORDS.message.value,
      },
      status: 'error',
      errors: [
        { message: key, extensions: { code: key, stacktrace: [key] } },
        // Longer than what the log keeps of a message.
        { message: 'and so on '.repeat(60) },
      ],
    }),
    text: `${echo} <title>${ASIDE_WORDS.page.value}</title>`,
    list: toList(key, echo),
  };
}

function inTurn(texts: readonly string[], turn: number): string[] {
  const from = turn % texts.length;
  return [...texts.slice(from), ...texts.slice(0, from)];
}

function toHeaders(key: string, echo: string): Record<string, string> {
  const words = ASIDE_WORDS.header.value;
  return {
    // More would be too much for a head.
    'x-echo': echo.replace(/[^\x20-\x7e]/g, '?').slice(0, 4_000),
    'set-cookie': `${words}=${key}`,
    'www-authenticate': `Bearer realm="${words}", error="${key}"`,
    'x-request-id': words,
    authorization: `Bearer ${key}`,
    'x-api-key': key,
    server: words,
  };
}

/** Good, odd, doubled and nameless records of both providers at once: each reads its own names. */
function toList(key: string, echo: string): object {
  const names = Object.fromEntries(
    [key, echo, ASIDE_WORDS.extraName.value].map((name) => [name, ASIDE_WORDS.extraValue.value]),
  );
  const good = {
    ...names,
    echo,
    name: FIELD_WORDS.name.value,
    title: FIELD_WORDS.name.value,
    description: FIELD_WORDS.description.value,
    creator: FIELD_WORDS.creator.value,
    quantity: '1',
  };
  const odd = [key, echo, ASIDE_WORDS.oddId.value].flatMap((id) => [
    { ...good, id, _id: id, name: 'one', title: 'one' },
    { ...good, id, _id: id, name: 'other', title: 'other' },
    { ...good, id, _id: id, name: { [id]: id }, title: [id] },
    {
      ...good,
      id: 'a-good-id',
      _id: 'a'.repeat(24),
      quantity: id,
      createdAt: id,
      enableAutomation: id,
    },
  ]);
  const records = [{ ...good, id: 'good', _id: 'b'.repeat(24) }, ...odd];
  const envelope = { success: true, message: ASIDE_WORDS.envelope.value, echo };
  return { ...envelope, meta: envelope, result: records, body: records };
}
