import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  DockerfileParser,
  type Instruction,
  ModifiableInstruction,
  PropertyInstruction,
} from 'dockerfile-ast';
import { z } from 'zod';

/** The folder that `docker build` gets, the root of this repository. */
export const CONTEXT = join(import.meta.dirname, '../..');
const DOCKERFILE = 'deploy/Dockerfile';

/** An instruction, such as `COPY --from=build /build/dist ./dist`. */
export interface Step {
  keyword: string;
  /** Without the flags. */
  text: string;
  flags: Readonly<Record<string, string>>;
  /** The exec form: a command that no shell reads. Undefined in the shell form. */
  exec: readonly string[] | undefined;
  /** Of ENV and ARG. */
  values: Readonly<Record<string, string>>;
}

/** A FROM and what follows it. */
export interface Stage {
  base: string;
  /** Undefined for the last stage, whose content is the image. */
  name: string | undefined;
  steps: readonly Step[];
}

export interface Dockerfile {
  /** The arguments before the first FROM, with their defaults. */
  args: Readonly<Record<string, string>>;
  stages: readonly Stage[];
}

export function readDockerfile(
  text: string = readFileSync(join(CONTEXT, DOCKERFILE), 'utf8'),
): Dockerfile {
  const args: Record<string, string> = {};
  const stages: { base: string; name: string | undefined; steps: Step[] }[] = [];
  for (const step of DockerfileParser.parse(text).getInstructions().map(toStep)) {
    if (step.keyword === 'FROM') {
      const [base = '', , name] = step.text.split(/\s+/);
      stages.push({ base: fill(base, args), name, steps: [] });
    } else if (stages.length === 0) Object.assign(args, step.values);
    else stages.at(-1)?.steps.push(step);
  }
  return { args, stages };
}

/** The last stage. */
export function imageOf({ stages }: Dockerfile): Stage {
  const last = stages.at(-1);
  if (!last) throw new Error('the Dockerfile has no FROM');
  return last;
}

/** The last step with that keyword, which is the one that counts. */
export function lastOf({ steps }: Stage, keyword: string): Step | undefined {
  return steps.findLast((step) => step.keyword === keyword);
}

/** The environment that the stage sets. */
export function environmentOf({ steps }: Stage): Record<string, string> {
  return Object.assign(
    {},
    ...steps.map(({ keyword, values }) => keyword === 'ENV' && values),
  ) as Record<string, string>;
}

/** The exec form of ENTRYPOINT, or of the command of HEALTHCHECK. */
export function execOf(stage: Stage, keyword: 'ENTRYPOINT' | 'HEALTHCHECK'): readonly string[] {
  const exec = lastOf(stage, keyword)?.exec;
  if (!exec) throw new Error(`${keyword} must be a JSON array, which is run without a shell`);
  return exec;
}

function toStep(instruction: Instruction): Step {
  const text = instruction.getArgumentsContent() ?? '';
  const array = /^(?:CMD )?(\[.*\])$/s.exec(text)?.[1];
  const flags = instruction instanceof ModifiableInstruction ? instruction.getFlags() : [];
  const properties = instruction instanceof PropertyInstruction ? instruction.getProperties() : [];
  return {
    keyword: instruction.getKeyword(),
    text,
    exec: array === undefined ? undefined : z.array(z.string()).parse(JSON.parse(array)),
    flags: toRecord(flags),
    values: toRecord(properties),
  };
}

function toRecord(
  pairs: readonly { getName(): string; getValue(): string | null }[],
): Record<string, string> {
  return Object.fromEntries(pairs.map((pair) => [pair.getName(), pair.getValue() ?? '']));
}

/** Replaces `${NAME}`. */
function fill(text: string, args: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => args[name] ?? '');
}
