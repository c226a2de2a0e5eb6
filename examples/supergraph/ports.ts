import { once } from 'node:events';
import { type Server, createServer } from 'node:net';

export interface Ports {
  gateway: number;
  badges: number;
  members: number;
}

/** From the environment, and free: throws for the first that is not, before anything has started. */
export async function readPorts(): Promise<Ports> {
  // Held until all are known, so that the same port given twice is found as well.
  const held: Server[] = [];
  try {
    return {
      gateway: await holdPort(held, 'GATEWAY_PORT', 4000),
      badges: await holdPort(held, 'BADGES_PORT', 4001),
      members: await holdPort(held, 'MEMBERS_PORT', 4002),
    };
  } finally {
    await Promise.all(held.map((server) => server[Symbol.asyncDispose]()));
  }
}

async function holdPort(held: Server[], variable: string, usual: number): Promise<number> {
  const port = Number(process.env[variable] || usual);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new Error(`${variable} must be a port, from 1 to 65535.`);
  }
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new Error(`Port ${port} is taken: set ${variable} to a free one.`, { cause });
  }
  held.push(server);
  return port;
}
