import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Children, makeFolder } from '../../test/support/children.ts';
import { startSandbox } from '../../test/support/sandbox-process.ts';
import {
  type ProductionService,
  startProductionService,
} from '../../test/support/service-process.ts';

/** A service whose router has three secrets, with many tenants, of which one has badges. */
export interface World {
  service: ProductionService;
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

/** Production requires at least sixteen characters. */
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

  const service = await startProductionService(children, {
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
