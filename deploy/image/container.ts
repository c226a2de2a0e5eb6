import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CONTEXT } from './dockerfile.ts';

export const ROOT = 0;
/** The user of the image. */
export const USER = 1000;

/** As container engines set it. */
export const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const SCRIPT = join(import.meta.dirname, 'container.sh');

export interface Container {
  /** Of its own, for the root file system. */
  folder: string;
  /** A folder that lies over this machine's own file system. */
  layer: string;
  /** `build` writes to the layer. `run` has a read-only root file system. */
  mode: 'build' | 'run';
  user: number;
  workdir: string;
  env: Readonly<Record<string, string>>;
  /** Folders of this machine, by the path at which they are seen. */
  volumes?: Readonly<Record<string, string>>;
}

/** How to start a command as process 1 of a container of its own. */
export function run(
  { folder, layer, mode, user, workdir, env, volumes = {} }: Container,
  command: readonly string[],
): { file: string; args: string[]; options: { env: Record<string, string> } } {
  mkdirSync(folder, { recursive: true });
  return {
    file: SCRIPT,
    args: [folder, layer, mode, String(user), ...command],
    options: {
      env: {
        ...env,
        CONTAINER_WORKDIR: workdir,
        CONTAINER_HIDDEN: CONTEXT,
        CONTAINER_VOLUMES: Object.entries(volumes)
          .map(([path, from]) => `${from} ${path}`)
          .join('\n'),
      },
    },
  };
}

/** Why this machine cannot run containers this way. Undefined: it can. */
export function obstacle(): string | undefined {
  if (process.platform !== 'linux') return 'it needs Linux';
  if (process.getuid?.() !== ROOT) return 'it needs root, to mount file systems';
  const tools = ['unshare', 'setpriv'].filter((name) => !existsSync(`/usr/bin/${name}`));
  return tools.length === 0 ? undefined : `it needs ${tools.join(' and ')}`;
}
