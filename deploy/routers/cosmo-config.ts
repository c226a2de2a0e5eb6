import { ROUTER_COMPATIBILITY_VERSION_ONE, federateSubgraphs } from '@wundergraph/composition';
import { SubgraphKind, buildRouterConfig } from '@wundergraph/cosmo-shared';
import { parse, print, printSchema } from 'graphql';
import type { Subgraph } from '../../examples/supergraph/compose.ts';

/** Nothing registers this version: the router watches the file itself. */
const SCHEMA_VERSION = '00000000-0000-0000-0000-000000000000';

/** The execution config of the Cosmo Router, as JSON, and as `wgc router compose` writes it. */
export function composeCosmoConfig(subgraphs: readonly Subgraph[]): string {
  const result = federateSubgraphs({
    subgraphs: subgraphs.map(({ name, url, sdl }) => ({ name, url, definitions: parse(sdl) })),
    version: ROUTER_COMPATIBILITY_VERSION_ONE,
  });
  if (!result.success) {
    const problems = result.errors.map(({ message }) => `  ${message}`);
    throw new Error(['The subgraphs do not compose for Cosmo:', ...problems].join('\n'));
  }
  return buildRouterConfig({
    federatedClientSDL: result.shouldIncludeClientSchema
      ? printSchema(result.federatedGraphClientSchema)
      : '',
    federatedSDL: print(result.federatedGraphAST),
    fieldConfigurations: result.fieldConfigurations,
    routerCompatibilityVersion: ROUTER_COMPATIBILITY_VERSION_ONE,
    schemaVersionId: SCHEMA_VERSION,
    subgraphs: subgraphs.map(({ name, url, sdl }, index) => {
      const { schema, configurationDataByTypeName, costs } =
        result.subgraphConfigBySubgraphName.get(name) ?? {};
      return {
        kind: SubgraphKind.Standard,
        id: String(index),
        name,
        url,
        sdl,
        subscriptionUrl: '',
        ...(schema && { schema }),
        ...(configurationDataByTypeName && { configurationDataByTypeName }),
        ...(costs && { costs }),
      };
    }),
  }).toJsonString();
}
