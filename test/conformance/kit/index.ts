import { declarationChecks } from './declarations.ts';
import { inputChecks } from './inputs.ts';
import { mappingChecks } from './mapping.ts';
import { readingChecks } from './reading.ts';
import { secretChecks } from './secrets.ts';
import type { Check } from './world.ts';
import { writingChecks } from './writing.ts';

/** The checks of every provider: see docs/adding-a-provider.md. */
export const kit: Readonly<Record<string, readonly Check[]>> = {
  declarations: declarationChecks,
  reading: readingChecks,
  mapping: mappingChecks,
  inputs: inputChecks,
  writing: writingChecks,
  secrets: secretChecks,
};
