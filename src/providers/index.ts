import { type Provider, WARNING_CODES } from './provider.ts';
import { returningAI } from './returning-ai/index.ts';
import { tagMango } from './tag-mango/index.ts';

/** Every provider there is; the graph, the configuration and the playground are built from it. */
export const providers: readonly Provider[] = [returningAI, tagMango];

/** Every code of a warning, with its description. */
export function warningCodes(): Record<string, string> {
  return Object.assign({}, WARNING_CODES, ...providers.map(({ warnings }) => warnings)) as Record<
    string,
    string
  >;
}
