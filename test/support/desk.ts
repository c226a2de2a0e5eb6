import { once } from 'node:events';
import {
  type IncomingMessage,
  type ServerResponse,
  createServer,
  request as send,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { composeSupergraph } from '../../examples/supergraph/compose.ts';
import { hasPackages } from '../../examples/supergraph/desk.ts';
import { createBadgesSchema } from '../../src/badges/schema.ts';
import { type OpenPage, findBrowser, launchBrowser, openPage } from './browser.ts';
import { startGatewayProcess } from './gateways/index.ts';
import { type TestService, type TestServiceOptions, startTestService } from './service.ts';

/** The browser for the badge desk. Undefined without one, or without the desk's packages; in CI that is an error. */
export function findDeskBrowser(): string | undefined {
  if (hasPackages()) return findBrowser();
  if (process.env.CI) throw new Error('CI must install the packages of examples/badge-desk');
  return undefined;
}

export interface Desk {
  service: TestService;
  /** With the desk on its first page. */
  open: OpenPage;
  page: Page;
  /** Opens a page of the desk. The part of the address after `#/`. */
  goTo(path: string): Promise<void>;
  lossy: LossyFront;
  close(): Promise<void>;
}

/** The badge desk in a browser, over the example's gateway and the service on its sandbox. */
export async function startDesk(
  executablePath: string,
  options: TestServiceOptions = {},
): Promise<Desk> {
  const started: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    for (const each of started.splice(0).reverse()) await each.close();
  };
  try {
    const service = await startTestService(options);
    started.push(service);
    const { sdl } = await createBadgesSchema();
    const supergraph = composeSupergraph([{ name: 'badges', url: `${service.url}/graphql`, sdl }]);
    const gateway = await startGatewayProcess('hive-desk', supergraph);
    started.push(gateway);
    const lossy = await startLossyFront(new URL(gateway.url).origin);
    started.push(lossy);
    const browser = await launchBrowser(executablePath);
    started.push(browser);
    const home = `${lossy.origin}/desk/`;
    const open = await openPage(browser, home);
    const { page } = open;
    const goTo = async (path: string) => void (await page.goto(`${home}#/${path}`));
    return { service, open, page, goTo, lossy, close };
  } catch (error) {
    await close();
    throw error;
  }
}

export interface LossyFront {
  origin: string;
  /** Drops every answer of this number to an operation; none if 0. */
  dropsEvery: number;
  dropped: number;
  close(): Promise<void>;
}

/** A proxy between a browser and a gateway. Instead of some answers, it resets the connection. */
async function startLossyFront(target: string): Promise<LossyFront> {
  let answers = 0;

  function isDropped({ method }: IncomingMessage): boolean {
    if (method !== 'POST' || front.dropsEvery === 0) return false;
    answers += 1;
    return answers % front.dropsEvery === 0;
  }

  function pass(request: IncomingMessage, response: ServerResponse): void {
    const { method, headers } = request;
    const forwarded = send(`${target}${request.url}`, { method, headers }, (answer) => {
      if (isDropped(request)) {
        front.dropped += 1;
        // The gateway has answered by then.
        answer.resume().once('end', () => request.socket.resetAndDestroy());
        return;
      }
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    forwarded.once('error', () => request.socket.destroy());
    request.pipe(forwarded);
  }

  const server = createServer(pass);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const front: LossyFront = {
    origin: `http://127.0.0.1:${port}`,
    dropsEvery: 0,
    dropped: 0,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return front;
}
