import 'reflect-metadata';
import { Field, createUnionType, registerEnumType } from 'type-graphql';
import { BadgeFields } from '../providers/badge-fields.ts';
import { providers } from '../providers/index.ts';

/** Enum values by themselves: the enum's members come from the list of providers. */
export const BadgeProvider: Readonly<Record<string, string>> = Object.fromEntries(
  providers.map(({ name }) => [name.enumValue, name.enumValue]),
);

registerEnumType(BadgeProvider, {
  name: 'BadgeProvider',
  description: 'Supported badge providers.',
  valuesConfig: Object.fromEntries(
    providers.map(({ name }) => [name.enumValue, { description: name.title }]),
  ),
});

Field(() => BadgeProvider, { description: 'Provider of the badge.' })(
  BadgeFields.prototype,
  'provider',
);

export const Badge = createUnionType({
  name: 'Badge',
  description:
    'A badge of any provider. Its entity key in the supergraph is the concrete type and `id`.',
  types: () => providers.map(({ badgeClass }) => badgeClass),
});
