import { ProviderError } from './provider-error.ts';

/** All that a client may ask of an API, as `METHOD /path` without the base URL's prefix: every id in it by its alphabet. */
export type Routes = readonly RegExp[];

/** How a path that is none of them stands in the log: what it holds instead is nobody's business. */
export const NO_ROUTE = '(none of the routes)';

/**
 * The last look at a request before it leaves; undefined when it may. An id that slipped through every check before
 * would reach another resource of the provider, with our credentials.
 */
export function routeError(
  routes: Routes,
  { prefix, method, path }: { prefix: string; method: string; path: string },
): ProviderError | undefined {
  const line = `${method} ${path.slice(prefix.length)}`;
  if (path.startsWith(prefix) && routes.some((route) => route.test(line))) return undefined;
  return new ProviderError('was to be asked for something that is none of its routes', {
    kind: 'bad-response',
    effect: 'not-sent',
    isBreakdown: false,
  });
}
