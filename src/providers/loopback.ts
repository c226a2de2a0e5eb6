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
