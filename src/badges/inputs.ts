import 'reflect-metadata';
import { Directive, Field, InputType } from 'type-graphql';
import { isObject } from '../http/json.ts';
import { providers } from '../providers/index.ts';
import type { Operation, OperationKind } from '../providers/provider.ts';
import type { Tenant, TenantProvider } from './tenant.ts';

/** By the provider's key; the fields are filled in below. */
abstract class OneOfInput {
  [providerKey: string]: object | null | undefined;
}

@InputType({ description: 'The badge to create. Set exactly one provider field.' })
@Directive('@oneOf')
export class CreateBadgeInput extends OneOfInput {}

@InputType({
  description: 'The badge to update and its new values. Set exactly one provider field.',
})
@Directive('@oneOf')
export class UpdateBadgeInput extends OneOfInput {}

@InputType({
  description:
    'The badge to delete. Set exactly one provider field; only providers that support deletion are listed.',
})
@Directive('@oneOf')
export class DeleteBadgeInput extends OneOfInput {}

@InputType({
  description:
    'The badges to award and the member who receives them. Set exactly one provider field.',
})
@Directive('@oneOf')
export class AwardBadgeInput extends OneOfInput {}

@InputType({
  description:
    'The badge to revoke and the member who loses it. Set exactly one provider field; only providers that support revoking are listed.',
})
@Directive('@oneOf')
export class RevokeBadgeInput extends OneOfInput {}

const INPUT_CLASSES: Readonly<Record<OperationKind, typeof UpdateBadgeInput>> = {
  create: CreateBadgeInput,
  update: UpdateBadgeInput,
  delete: DeleteBadgeInput,
  award: AwardBadgeInput,
  revoke: RevokeBadgeInput,
};

for (const { key, name, operations } of providers) {
  for (const [kind, { inputClass }] of Object.entries(operations)) {
    Field(() => inputClass, { nullable: true, description: `Input for ${name.title}.` })(
      INPUT_CLASSES[kind as OperationKind].prototype,
      key,
    );
  }
}

/** The same input with its ids as the providers compare them, so that they are one badge, one lock and one key. */
export function withCanonicalIds(
  oneOf: Readonly<Record<string, object | null | undefined>>,
): Record<string, object | null | undefined> {
  const entries = Object.entries(oneOf).map(([key, input]) => {
    const provider = providers.find((each) => each.key === key);
    return [key, provider && input ? provider.canonicalInput(input) : input];
  });
  return Object.fromEntries(entries) as Record<string, object | null | undefined>;
}

export interface Choice {
  of: TenantProvider;
  operation: Operation;
  input: object;
}

/** The one provider that the input names, or null when it names none or several: a gateway may not check that. */
export function chooseOperation(
  tenant: Tenant,
  kind: OperationKind,
  oneOf: Readonly<Record<string, object | null | undefined>>,
): Choice | null {
  const keys = Object.keys(oneOf);
  const [key = ''] = keys;
  const of = tenant.providers.find(({ provider }) => provider.key === key);
  const operation = of?.provider.operations[kind];
  const input = oneOf[key];
  return keys.length === 1 && of && operation && isObject(input) ? { of, operation, input } : null;
}
