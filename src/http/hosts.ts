import type { IncomingMessage } from 'node:http';

/** Whether the host of a URL is this machine, so that requests to it never leave the machine. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * The host of a `host` header in the form of a URL: in lower case, without a port or a trailing dot. Undefined: the
 * header contains no valid host.
 */
export function hostOf(header: string): string | undefined {
  const url = `http://${header}/`;
  // The parser would, for example, also accept a host after an @.
  if (!/^[\w.:[\]-]+$/.test(header) || !URL.canParse(url)) return undefined;
  return new URL(url).hostname.replace(/\.$/, '');
}

/**
 * Every host that a request names: in its `host` headers, and in its target if that is a whole URL, which takes
 * precedence over them. Undefined stands for an invalid one.
 */
export function hostsOf({
  url = '',
  headersDistinct: { host = [''] },
}: Pick<IncomingMessage, 'url' | 'headersDistinct'>): (string | undefined)[] {
  const [, target] = /^[a-z][a-z\d+.-]*:\/*([^/?#]*)/i.exec(url) ?? [];
  return [...host, ...(target === undefined ? [] : [target])].map(hostOf);
}

/** The hosts of the pages in the `Origin` headers that a browser sends. Undefined stands for an invalid one. */
export function pageHostsOf({
  headersDistinct: { origin = [] },
}: Pick<IncomingMessage, 'headersDistinct'>): (string | undefined)[] {
  const pages = origin.flatMap((text) => /^https?:\/\/(.*)$/i.exec(text)?.[1] ?? []);
  return pages.map(hostOf);
}
