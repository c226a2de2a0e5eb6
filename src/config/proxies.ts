import { canDecode } from './redis-url.ts';
import type { Given } from './secrets.ts';

/** Proxies that other machines are reached through. */
export interface ProxySettings {
  /** For https. Undefined: none. */
  https: string | undefined;
  /** For plain http. Undefined: none. */
  http: string | undefined;
  /** Hosts that are reached without, as `NO_PROXY` lists them. */
  except: string;
}

/** Proxies by the variables that most programs read, in capitals or not. Each problem goes into `problems`. */
export function readProxies(given: Given, problems: string[]): ProxySettings {
  const read = (name: string): string | undefined => {
    const [isLower, value] = [given[name.toLowerCase()] !== undefined, valueOf(given, name)];
    if (value === undefined) return undefined;
    // As curl takes it: a host and a port are enough.
    const url = value.includes('://') ? value : `http://${value}`;
    if (isProxyUrl(url)) return url;
    problems.push(
      `${isLower ? name.toLowerCase() : name}: must be a URL such as http://proxy:3128`,
    );
    return undefined;
  };
  return {
    https: read('HTTPS_PROXY'),
    http: read('HTTP_PROXY'),
    except: valueOf(given, 'NO_PROXY') ?? '',
  };
}

/** A line for each proxy, without its credentials. */
export function describeProxies({ https, http, except }: ProxySettings): string[] {
  const [of, but] = [
    'providers and the issuer of tokens are asked',
    except && `, except ${except}`,
  ];
  const toLine = (scheme: string, proxy: string | undefined) =>
    proxy === undefined
      ? []
      : [`By ${scheme} ${of} through the proxy ${new URL(proxy).host}${but}`];
  return [...toLine('https', https), ...toLine('http', http)];
}

function valueOf(given: Given, name: string): string | undefined {
  return given[name.toLowerCase()] ?? given[name];
}

function isProxyUrl(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, username, password } = new URL(url);
  const isHttp = protocol === 'http:' || protocol === 'https:';
  return isHttp && hostname !== '' && canDecode(username) && canDecode(password);
}
