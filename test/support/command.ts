import { EraseError } from '../../src/badges/erasing/erase.ts';
import { CheckError } from '../../src/check/options.ts';
import { COMMANDS } from '../../src/commands.ts';
import { readConfig } from '../../src/config/read-config.ts';
import { ConfigError } from '../../src/config/source.ts';
import { monotonicMs } from '../../src/state/rate-limit.ts';
import { StateError } from '../../src/state/state-store.ts';

export interface CommandOptions {
  env: Readonly<Record<string, string>>;
  args?: readonly string[];
}

/** How a command ended, and what it printed. */
export interface Commanded {
  code: number;
  stdout: string;
  stderr: string;
}

/** Errors whose message is for the operator, as src/process.ts tells them apart. Any other one fails the test. */
const TOLD = [ConfigError, StateError, CheckError, EraseError];

/** Runs a command of the service without a process of its own. `runMain` starts one. */
export async function runCommand(
  name: string,
  { env, args = [] }: CommandOptions,
): Promise<Commanded> {
  const command = COMMANDS.get(name);
  if (!command) throw new Error(`${name} is not a command`);
  const said = { stdout: '', stderr: '' };
  const print = (text: string): void => void (said.stdout += `${text}\n`);
  const tell = (text: string): void => void (said.stderr += `${text}\n`);
  const startDemo = () => Promise.reject(new Error('The test configures no provider'));
  try {
    const config = readConfig(env);
    const code = await command.run({ config, args, print, tell, now: monotonicMs, startDemo });
    return { code: code ?? 0, ...said };
  } catch (error) {
    if (!(error instanceof Error) || !TOLD.some((told) => error instanceof told)) throw error;
    tell(error.message);
    return { code: 1, ...said };
  }
}
