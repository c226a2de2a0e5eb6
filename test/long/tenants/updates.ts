import { pick } from '../../support/random.ts';
import { pickActor, toOnly } from './actors.ts';
import { IDS, type ProviderId, toHidden } from './badges.ts';
import { DRY } from './company.ts';
import { TENANTS, type TenantId, toImage, toNumber, toText } from './marks.ts';
import { type Planned, UPDATE } from './requests.ts';
import type { Versions } from './versions.ts';

export interface UpdateOptions {
  tenant: TenantId;
  random: () => number;
  versions: Versions;
  /** How many requests all tenants have sent: those of the same moment use the same keys. */
  sent: () => number;
}

/** The number of requests during which the same keys are used. */
const KEY_EVERY = 200;
const KEYS_AT_ONCE = 4;

/** Returns the next update of a tenant at one of the providers. */
export function createUpdates(options: UpdateOptions): (provider: ProviderId) => Planned {
  const { tenant, random, versions, sent } = options;
  let n = 0;

  const plan = (provider: ProviderId, values: object) =>
    toPlanned(pickActor(tenant, random), toInput(provider, values));

  function dryRun(provider: ProviderId): Planned {
    const id = pick(IDS[provider], random);
    const planned = plan(provider, { id, ...toValues(tenant, { provider, kind: DRY, number: n }) });
    return {
      ...planned,
      operation: 'dry run',
      variables: { ...planned.variables, dryRun: true },
    };
  }

  /** The same key always stands for the same input at a tenant. Some of the inputs are the same at all of them. */
  function underKey(provider: ProviderId): Planned {
    const number =
      Math.floor(sent() / KEY_EVERY) * KEYS_AT_ONCE + Math.floor(random() * KEYS_AT_ONCE);
    const id = IDS[provider][number % IDS[provider].length];
    const isTwin = number % 2 === 0;
    const isOn = number % 4 === 0;
    const same = provider === 'TAG_MANGO' ? { enableAutomation: isOn } : { attachRequired: isOn };
    const own = toValues(tenant, { provider, kind: 'Intent', number });
    const idempotencyKey = `intent-${provider}-${number}`;
    const planned = plan(provider, { id, ...(isTwin ? same : own) });
    return {
      ...planned,
      idempotencyKey,
      variables: { ...planned.variables, key: idempotencyKey },
    };
  }

  function withVersion(provider: ProviderId): Planned {
    const id = pick(IDS[provider], random);
    const { conflict, expectedVersion } = pickVersion(id);
    const values = toValues(tenant, { provider, kind: 'Write', number: n });
    const planned = plan(provider, { id, ...values });
    return { ...planned, variables: { ...planned.variables, expectedVersion }, conflict };
  }

  function pickVersion(id: string): Pick<Planned, 'conflict'> & {
    expectedVersion: string | undefined;
  } {
    const dice = random();
    const others = TENANTS.filter((each) => each !== tenant);
    const own = versions.last(tenant, id) ?? null;
    const foreign = versions.last(pick(others, random), id) ?? null;
    if (dice < 0.3 && own !== null) return { conflict: 'possible', expectedVersion: own };
    if (dice < 0.5 && foreign !== null) return { conflict: 'certain', expectedVersion: foreign };
    return { conflict: 'never', expectedVersion: undefined };
  }

  return (provider) => {
    n += 1;
    const dice = random();
    if (dice < 0.4) return underKey(provider);
    return dice < 0.55 ? dryRun(provider) : withVersion(provider);
  };
}

/** A write to every badge with hidden fields: from then on, omitted fields are known. */
export function planFirst(tenant: TenantId): Planned[] {
  return IDS.RETURNING_AI.map((id, number) => {
    const title = toText(tenant, `First ${number}`);
    const input = toInput('RETURNING_AI', { id, title, ...toHidden(tenant) });
    return toPlanned(toOnly(tenant), input);
  });
}

function toPlanned(actor: string, input: object): Planned {
  return {
    operation: 'update',
    query: UPDATE,
    variables: { input },
    actor,
    ids: [],
    conflict: 'never',
    idempotencyKey: null,
  };
}

function toInput(provider: ProviderId, values: object): object {
  return provider === 'TAG_MANGO' ? { tagMango: values } : { returningAI: values };
}

function toValues(
  tenant: TenantId,
  { provider, kind, number }: { provider: ProviderId; kind: string; number: number },
): object {
  const name = toText(tenant, `${kind} ${number}`);
  const description = toText(tenant, `About ${kind} ${number}`);
  const value = toNumber(tenant, number);
  if (provider === 'TAG_MANGO') return { name, description, pointsThreshold: value };
  const image = toImage(tenant, `${kind}-${number}`);
  // Omitted fields are sent with the values that this tenant wrote last.
  const isWhole = number % 3 === 0;
  return { title: name, description, quantity: value, image, ...(isWhole && toHidden(tenant)) };
}
