import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Children } from '../support/children.ts';
import { makeFolder } from '../support/folder.ts';
import { startSandbox } from '../support/sandbox.ts';
import { type Service, startService } from '../support/service.ts';

/** A service whose router has three secrets, with many tenants, of which one has badges. */
export interface World {
  service: Service;
  size: number;
  tenantsFile: string;
  /** Of the tenant `served`. */
  servedSettings: string;
  baseUrl: string;
  writeTenants(text: string): void;
  writeSecrets(secrets: readonly string[]): void;
  longestLine(): number;
}

const SECRETS = ['first', 'second', 'third'];

/** Production asks for sixteen characters. */
export function toSecret(name: string): string {
  return `${name}-secret-of-the-router`;
}

/** The file of all tenants but these. */
export function toTenants(
  { size, servedSettings, baseUrl }: Pick<World, 'size' | 'servedSettings' | 'baseUrl'>,
  without: readonly string[],
): string {
  const ids = Array.from({ length: size }, (_, index) => `t${index}`);
  const others = ids
    .filter((id) => !without.includes(id))
    .map(
      (id) =>
        `  ${id}:\n    RETURNING_AI_BASE_URL: ${baseUrl}\n    RETURNING_AI_API_KEY: { file: keys/${id} }\n`,
    );
  return `tenants:\n${servedSettings}${others.join('')}`;
}

export async function createWorld(children: Children, size: number): Promise<World> {
  const { variables } = await startSandbox(children);
  const folder = makeFolder(children);
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  mkdirSync(join(folder, 'keys'));
  const baseUrl = variables.RETURNING_AI_BASE_URL ?? '';
  const servedSettings = `  served:\n    RETURNING_AI_BASE_URL: ${baseUrl}\n    RETURNING_AI_API_KEY: { file: keys/served }\n`;
  write('keys/served', variables.RETURNING_AI_API_KEY ?? '');
  for (let index = 0; index < size; index += 1) write(`keys/t${index}`, `key-of-tenant-${index}`);
  write('tenants.yaml', toTenants({ size, servedSettings, baseUrl }, []));
  write('secrets', SECRETS.map(toSecret).join());

  const service = await startService(children, {
    ROUTER_SECRET: '',
    ROUTER_SECRET_FILE: join(folder, 'secrets'),
    TENANTS_FILE: join(folder, 'tenants.yaml'),
    STATE_DIR: join(folder, 'state'),
  });
  let longest = 0;
  service.onLine(({ length }) => (longest = Math.max(longest, length)));
  return {
    service,
    size,
    tenantsFile: join(folder, 'tenants.yaml'),
    servedSettings,
    baseUrl,
    writeTenants: (text) => write('tenants.yaml', text),
    writeSecrets: (secrets) => write('secrets', secrets.map(toSecret).join()),
    longestLine: () => longest,
  };
}
