import { z } from 'zod';
import type { Answer } from '../../support/graphql-client.ts';

const answerSchema = z.object({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z
    .array(
      z.object({
        path: z.array(z.union([z.string(), z.number()])).optional(),
        message: z.string(),
        extensions: z.object({ code: z.string() }),
      }),
    )
    .default([]),
});

const payload = z.object({
  userErrors: z.array(z.object({ code: z.string(), fields: z.array(z.array(z.string())) })),
});
const found = z.object({
  id: z.string(),
  badges: z.array(z.object({ id: z.string() })).optional(),
});

/** A short description of the result for each text of a request, in order. Undefined: the whole request failed. */
export function describeAnswer(
  { status, body }: Answer,
  texts: readonly string[],
): string[] | undefined {
  const { data, errors } = answerSchema.parse(body);
  if (status !== 200 || !data) return undefined;
  const { _entities: entities } = data;
  const codes = new Map(
    errors.map(({ path = [], extensions }) => [path.join('.'), extensions.code]),
  );
  return texts.map((_, index) => {
    const place = Array.isArray(entities) ? `_entities.${index}` : `a${index}`;
    const value: unknown = Array.isArray(entities) ? entities[index] : data[place];
    return codes.get(place) ?? describe(value);
  });
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  const { data: written } = payload.safeParse(value);
  if (written) {
    const [error] = written.userErrors;
    return error ? `${error.code} ${error.fields[0]?.join('.') ?? '-'}` : 'done';
  }
  const { data: shown } = found.safeParse(value);
  if (!shown) return 'a page';
  const badges = shown.badges ? ` with ${shown.badges.map(({ id }) => id).join()}` : '';
  return `found ${shown.id}${badges}`;
}
