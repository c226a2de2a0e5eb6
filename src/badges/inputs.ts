import 'reflect-metadata';
import { Directive, Field, InputType } from 'type-graphql';
import { isObject } from '../providers/json.ts';
import { providers } from '../providers/index.ts';
import type { UpdateInput } from '../providers/provider.ts';
import type { Tenant, TenantProvider } from './tenant.ts';

@InputType({ description: 'The badge to update and its new values. Exactly one provider.' })
@Directive('@oneOf')
export class UpdateBadgeInput {
  /** By the provider's key; filled in below. */
  [providerKey: string]: UpdateInput | null | undefined;
}

for (const { key, name, updateInput } of providers) {
  Field(() => updateInput, { nullable: true, description: `A badge of ${name.title}.` })(
    UpdateBadgeInput.prototype,
    key,
  );
}

export interface Choice<Input> {
  of: TenantProvider;
  input: Input;
}

/** The one provider that the input names, or null when it names none or several: a gateway may not check that. */
export function chooseProvider<Input extends object>(
  tenant: Tenant,
  oneOf: Readonly<Record<string, Input | null | undefined>>,
): Choice<Input> | null {
  const keys = Object.keys(oneOf);
  const of = tenant.providers.find(({ provider }) => provider.key === keys[0]);
  const input = keys[0] === undefined ? undefined : oneOf[keys[0]];
  return keys.length === 1 && of && isObject(input) ? { of, input } : null;
}
