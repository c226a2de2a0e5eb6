import { spawnSync } from 'node:child_process';
import type { Sandbox } from '../../test/support/sandbox-process.ts';
import { ROUTER_SECRET } from '../../test/support/service-process.ts';

const TAKES_AT_MOST_MS = 60_000;
const COMMANDS = ['--check-config', '--check-providers', '--export-audit'];

/** Runs the commands that an operator may run in a container. Returns those that fail. */
export function tryCommands(
  main: string,
  sandbox: Sandbox,
  stateFolder: string,
  node = process.execPath,
): string[] {
  const env = {
    NODE_ENV: 'production',
    ROUTER_SECRET,
    STATE_DIR: stateFolder,
    ...sandbox.variables,
  };
  return COMMANDS.flatMap((command) => {
    const { status, stderr } = spawnSync(node, [main, command], {
      env,
      encoding: 'utf8',
      timeout: TAKES_AT_MOST_MS,
    });
    return status === 0 ? [] : [`${command} ends with ${status}: ${stderr}`];
  });
}
