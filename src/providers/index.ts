import type { Provider } from './provider.ts';
import { returningAI } from './returning-ai/index.ts';
import { tagMango } from './tag-mango/index.ts';

/** Every provider there is; the graph, the configuration and the playground are built from it. */
export const providers: readonly Provider[] = [returningAI, tagMango];
