import type { IncomingMessage } from 'node:http';

/** Whether a host, as it stands in a URL, is this machine itself: what is sent there never leaves it. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

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
 * Every host that a request names: in its `host` headers, and in its target where that is a whole URL, which counts
 * before them. Undefined stands for one that cannot be read.
 */
export function hostsOf({
  url = '',
  headersDistinct: { host = [''] },
}: Pick<IncomingMessage, 'url' | 'headersDistinct'>): (string | undefined)[] {
  const [, target] = /^[a-z][a-z\d+.-]*:\/*([^/?#]*)/i.exec(url) ?? [];
  return [...host, ...(target === undefined ? [] : [target])].map(hostOf);
}

/** The host of the page that sends a request, where a browser says it. Undefined stands for one that cannot be read. */
export function pageHostsOf({
  headersDistinct: { origin = [] },
}: Pick<IncomingMessage, 'headersDistinct'>): (string | undefined)[] {
  const pages = origin.flatMap((text) => /^https?:\/\/(.*)$/i.exec(text)?.[1] ?? []);
  return pages.map(hostOf);
}
