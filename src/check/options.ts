import { parseArgs, types } from 'node:util';

/** Something that the operator has to change. The message says what. */
export class CheckError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CheckError';
  }
}

export interface CheckOptions {
  /** Undefined: all. */
  tenant: string | undefined;
  hasScratchBadge: boolean;
  /** Titles or hosts of providers that may be written to. */
  confirmed: readonly string[];
  /** Where to write what was seen. Undefined: nowhere. */
  out: string | undefined;
}

/** Where a check on a badge of its own writes what it saw, unless it is told otherwise. */
const DEFAULT_OUT = 'providers-seen.json';

export function readCheckOptions(args: readonly string[]): CheckOptions {
  const { values } = parse(args);
  const hasScratchBadge = values['scratch-badge'];
  if (values.confirm.length > 0 && !hasScratchBadge) {
    throw new CheckError('--confirm has no effect without --scratch-badge.');
  }
  return {
    tenant: values.tenant,
    hasScratchBadge,
    confirmed: values.confirm,
    out: values.out ?? (hasScratchBadge ? DEFAULT_OUT : undefined),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        tenant: { type: 'string' },
        'scratch-badge': { type: 'boolean', default: false },
        confirm: { type: 'string', multiple: true, default: [] },
        out: { type: 'string' },
      },
    });
  } catch (error) {
    const reason = types.isNativeError(error) ? error.message : '';
    throw new CheckError(
      `${reason}\nOptions: --tenant <id>, --scratch-badge, --confirm <provider's title or host>, --out <file>.`,
    );
  }
}
