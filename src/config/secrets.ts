import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { isObject } from '../providers/json.ts';

/** Variables as the process was given them; empty ones are left out. */
export type Given = Readonly<Record<string, string | undefined>>;

export interface SecretReading {
  value: string | undefined;
  problem?: string;
}

/** A secret stands in its variable, or in the file that `NAME_FILE` names. */
export function readSecret(name: string, given: Given): SecretReading {
  const file = given[`${name}_FILE`];
  if (file === undefined) return { value: given[name] };
  if (given[name] !== undefined) return { value: given[name], problem: `${name} is set as well` };
  return readText(file);
}

/** It is read again and again: see `watch-config.ts`. */
const MOST_BYTES = 4 * 1024 * 1024;

/** Without the line break that editors put at the end of a file. */
export function readText(file: string): SecretReading {
  let descriptor: number | undefined;
  try {
    // Else a pipe would be waited for, and nothing be answered meanwhile.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) return { value: undefined, problem: 'is no file' };
    if (stat.size > MOST_BYTES) {
      return { value: undefined, problem: `the file has more than ${MOST_BYTES} bytes` };
    }
    return { value: readFileSync(descriptor, 'utf8').trimEnd() };
  } catch (error) {
    return { value: undefined, problem: `the file cannot be read (${codeOf(error)})` };
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function codeOf(error: unknown): string {
  return isObject(error) ? String(error.code) : 'unknown error';
}

/** What a router sends; a comma would part it in two. */
const routerSecret = z.string().regex(/^[\x21-\x2b\x2d-\x7e]{1,1024}$/);

/** Several, with commas between them, are valid at the same time. Undefined: one of them cannot be sent in a header. */
export function toRouterSecrets(text: string | undefined): string[] | undefined {
  if (text === undefined) return [];
  const secrets = text.split(',').map((secret) => secret.trim());
  return secrets.every((secret) => routerSecret.safeParse(secret).success) ? secrets : undefined;
}
