import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Places, type PlantedTenant, toPlainSettings, toSecretSettings } from './tenant.ts';

/** Writes a file of tenants; half of their secrets stand in files, half in variables. Gives the environment to it. */
export function writeTenants(
  folder: string,
  tenants: readonly { tenant: PlantedTenant; places: Places }[],
): Record<string, string> {
  mkdirSync(join(folder, 'secrets'));
  const env: Record<string, string> = {};
  const written = tenants.map(({ tenant, places }, index) => {
    const secrets = Object.entries(toSecretSettings(tenant)).map(([name, value]) => {
      const place = `${tenant.id}_${name}`;
      if (index % 2 === 0) {
        env[place] = value;
        return [name, { variable: place }] as const;
      }
      writeFileSync(join(folder, 'secrets', place), `${value}\n`);
      return [name, { file: `secrets/${place}` }] as const;
    });
    return [tenant.id, { ...toPlainSettings(places), ...Object.fromEntries(secrets) }] as const;
  });
  const path = join(folder, 'tenants.yaml');
  // JSON is YAML.
  writeFileSync(path, JSON.stringify({ tenants: Object.fromEntries(written) }, null, 2));
  return { ...env, TENANTS_FILE: path };
}
