import type { IncomingMessage } from 'node:http';

export { isLoopbackHost } from '../http/loopback.ts';

/**
 * The host of a `host` header as a URL has it: in lower case, without a port or a last dot. Undefined: the header
 * holds no host.
 */
export function hostOf(header: string): string | undefined {
  const url = `http://${header}/`;
  // A parser would also find a host in what follows an @, for one.
  if (!/^[\w.:[\]-]+$/.test(header) || !URL.canParse(url)) return undefined;
  return new URL(url).hostname.replace(/\.$/, '');
}

/**
 * Every host that a request names: in its `host` headers, in its target where that is a whole URL, which counts before
 * them, and in the origin of the page that sends it. Undefined stands for one that cannot be read.
 */
export function hostsOf({
  url = '',
  headersDistinct: { host = [''], origin = [] },
}: Pick<IncomingMessage, 'url' | 'headersDistinct'>): (string | undefined)[] {
  const [, target] = /^[a-z][a-z\d+.-]*:\/*([^/?#]*)/i.exec(url) ?? [];
  const pages = origin.flatMap((text) => /^https?:\/\/(.*)$/i.exec(text)?.[1] ?? []);
  return [...host, ...(target === undefined ? [] : [target]), ...pages].map(hostOf);
}
