import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';

export interface Subgraph {
  name: string;
  /** Where a gateway sends its operations. */
  url: string;
  /** With its federation directives. */
  sdl: string;
}

/** Asks a running subgraph for its SDL, as every registry and gateway does. */
export async function fetchSubgraph(name: string, url: string): Promise<Subgraph> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ _service { sdl } }' }),
  });
  const { data } = (await response.json()) as { data?: { _service: { sdl: string } } };
  if (!data) throw new Error(`${name} does not tell its SDL: HTTP ${response.status} from ${url}`);
  return { name, url, sdl: data._service.sdl };
}

/**
 * The supergraph's SDL. Composed in this process: rover does the same with a plugin that it downloads.
 * Throws with every problem that the composer found.
 */
export function composeSupergraph(subgraphs: readonly Subgraph[]): string {
  const { supergraphSdl, errors } = composeServices(
    subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) })),
  );
  if (supergraphSdl !== undefined) return supergraphSdl;
  const problems = errors.map(({ message }) => `  ${message}`);
  throw new Error(['The subgraphs do not compose:', ...problems].join('\n'));
}
