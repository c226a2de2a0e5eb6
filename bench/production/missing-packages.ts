import type { Children } from '../../test/support/children.ts';
import type { Sandbox } from '../../test/support/sandbox-process.ts';
import { ROUTER_SECRET } from '../../test/support/service-process.ts';

interface Ask {
  what: string;
  env: Readonly<Record<string, string>>;
}

/** Settings with which the service would load development packages. */
function asks(sandbox: Sandbox): Ask[] {
  return [
    { what: 'a start as in development', env: { SANDBOX: 'true' } },
    {
      what: 'a playground in production',
      env: { NODE_ENV: 'production', PLAYGROUND: 'true', ROUTER_SECRET, ...sandbox.variables },
    },
  ];
}

/** Without those packages it must run and name the missing one. */
export async function tryWithout(
  children: Children,
  { main, sandbox, stateFolder }: { main: string; sandbox: Sandbox; stateFolder: string },
): Promise<string[]> {
  const problems: string[] = [];
  for (const { what, env } of asks(sandbox)) {
    const child = await children.start({
      name: what,
      script: main,
      env: { HOST: '127.0.0.1', PORT: '0', STATE_DIR: stateFolder, ...env },
      readyWhen: /GraphQL is at (http:[^\s"]+)/,
    });
    const { input: log, 1: url = '' } = child.ready;
    const headers = { 'router-authorization': ROUTER_SECRET };
    const page = await fetch(new URL('/', url), { headers });
    const text = await page.text();
    if (!/is not installed|leaves out/.test(log)) problems.push(`${what}: the log says nothing`);
    if (page.status !== 404 || !text.includes('--omit=dev'))
      problems.push(`${what}: the playground's page answers ${page.status} ${text}`);
    const { code } = await child.end('SIGTERM');
    if (code !== 0) problems.push(`${what}: it ends with ${code}`);
  }
  return problems;
}
