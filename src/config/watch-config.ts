import { ConfigError } from './read-config.ts';
import type { Config } from './read-config.ts';

/** What may change while the service runs, since it comes out of files. */
export type Changeable = Pick<Config, 'tenants' | 'routerSecrets'> &
  Partial<Pick<Config, 'redisUrl'>>;

export interface WatchOptions {
  /** Throws a `ConfigError`. */
  read: () => Changeable;
  current: Changeable;
  onChange: (config: Changeable) => void;
  /** Told once for each new reason why what is there cannot be used; what was there before stays in use. */
  onProblem: (error: ConfigError) => void;
}

/**
 * Returns how to look at the settings once; whoever looks does so again and again, since not every file system tells
 * of changes. A change counts once it was read twice: a file may be read while it is written.
 */
export function createConfigWatch(options: WatchOptions): () => void {
  let used = toText(options.current);
  let seen = used;
  let problem: string | undefined;

  return () => {
    let config: Changeable;
    try {
      config = options.read();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      if (error.message !== problem) options.onProblem(error);
      problem = error.message;
      seen = used;
      return;
    }
    problem = undefined;
    const text = toText(config);
    if (text !== used && text === seen) {
      used = text;
      options.onChange(config);
    }
    seen = text;
  };
}

function toText({ tenants, routerSecrets, redisUrl }: Changeable): string {
  return JSON.stringify({ tenants, routerSecrets, redisUrl });
}
