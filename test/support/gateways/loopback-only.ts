import { Socket } from 'node:net';

// Preloaded into a process that must not leave this machine: whatever tries to is named and ends it.
const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

// eslint-disable-next-line @typescript-eslint/unbound-method -- Reflect.apply binds it again
Socket.prototype.connect = new Proxy(Socket.prototype.connect, {
  apply(connect, socket: Socket, given: unknown[]) {
    const [options] = (Array.isArray(given[0]) ? given[0] : given) as unknown[];
    const host = toHost(options, given[1]);
    if (!LOOPBACK.includes(host)) {
      console.error(`left this machine for ${host}`);
      process.exit(70);
    }
    return Reflect.apply(connect, socket, given) as Socket;
  },
});

/** Of `connect({ host })` and `connect(port, host)`; a path is a socket on this machine. */
function toHost(first: unknown, second: unknown): string {
  if (typeof first !== 'object' || first === null) {
    return typeof second === 'string' ? second : 'localhost';
  }
  return 'host' in first && typeof first.host === 'string' ? first.host : 'localhost';
}
