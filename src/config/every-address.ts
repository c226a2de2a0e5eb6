import { networkInterfaces } from 'node:os';

/**
 * Where a service listens to everybody. A socket on `::` takes IPv4 too; without IPv6 it cannot be opened, and
 * `0.0.0.0` is all that there is.
 */
export function everyAddress(
  interfaces: Readonly<ReturnType<typeof networkInterfaces>> = networkInterfaces(),
): string {
  const addresses = Object.values(interfaces).flatMap((some) => some ?? []);
  return addresses.some(({ family }) => family === 'IPv6') ? '::' : '0.0.0.0';
}
