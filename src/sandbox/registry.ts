import { startReturningAIStandIn } from './returning-ai/stand-in.ts';
import { startTagMangoStandIn } from './tag-mango/stand-in.ts';

/**
 * Every stand-in by the key of its provider. The sandbox, its command line, its help and its controls are built from
 * this list and the list of providers.
 */
export const standIns = {
  returningAI: startReturningAIStandIn,
  tagMango: startTagMangoStandIn,
};
