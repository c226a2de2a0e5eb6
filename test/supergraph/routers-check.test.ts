import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { root } from '../repository/lock.ts';

const FREE_PORTS = ['badges', 'members', 'issuer'].flatMap((name) => [`--${name}-port`, '0']);

/** What the command printed without its colours, and how it ended. */
function runCheck(args: readonly string[]): Promise<{ code: unknown; output: string }> {
  const script = join(root, 'deploy/routers/check.ts');
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], (error, stdout, stderr) =>
      // eslint-disable-next-line no-control-regex -- colours
      resolve({ code: error?.code ?? 0, output: `${stdout}${stderr}`.replace(/\x1b\[\d+m/g, '') }),
    );
  });
}

test.each([
  // A restart takes as long as the subgraph serves on after SIGTERM.
  { gateway: 'hive', only: '^(?!a provider that hangs)', checks: 38 },
  { gateway: 'apollo', only: '^(?!a provider that hangs|restarts)', checks: 37 },
])(
  'the $gateway gateway passes the check of routers with the configuration of deploy/',
  async ({ gateway, only, checks }) => {
    const args = ['--gateway', gateway, '--only', only, '--restarts', '1', ...FREE_PORTS];
    const { code, output } = await runCheck(args);
    expect(output.match(/^FAILED .*$/gm) ?? []).toEqual([]);
    expect(output.match(/^ok +query: /gm)).toHaveLength(13);
    expect(output.match(/^ok +mutation: /gm)).toHaveLength(10);
    expect(output).toContain(`\n${checks} of ${checks} checks passed.`);
    expect(code).toBe(0);
  },
  120_000,
);

test.each([
  [[], 'Give the URL of a router, or --gateway. See --help.'],
  [
    ['--gateway', 'hive', '--claims'],
    'The Node gateways do not verify tokens: leave out --claims.',
  ],
  [
    ['http://127.0.0.1:4000/graphql', '--issuer-port', 'x'],
    '--issuer-port must be a port, and is "x".',
  ],
])('the check of routers refuses %j with the reason', async (args, reason) => {
  expect(await runCheck(args)).toEqual({ code: 1, output: `${reason}\n` });
});
