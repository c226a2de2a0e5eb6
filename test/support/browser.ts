import { existsSync } from 'node:fs';
import { type Browser, type Page, chromium } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';

/** Undefined where no browser is installed; that is an error where CI installs one. */
export function findBrowser(): string | undefined {
  if (existsSync(CHROMIUM)) return CHROMIUM;
  if (process.env.CI) throw new Error(`${CHROMIUM} is missing, and CI must have it`);
  return undefined;
}

export interface OpenPage {
  page: Page;
  /** URLs of requests to other machines. */
  foreignRequests: string[];
  /** Errors that the page reported. */
  errors: string[];
  close(): Promise<void>;
}

/** A browser that can resolve no name and reach nothing but loopback. */
export async function launchBrowser(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // With a page of the playground it takes up to 540 MB with the first two, and 615 MB without. A page is left too
      // soon for optimized code to pay: without it, the visits of the playground take a tenth less CPU time.
      '--js-flags=--max-semi-space-size=8 --max-old-space-size=256 --no-turbofan --no-maglev',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    ],
  });
}

/** Opens a page in a new browser context, as a first-time visitor does. */
export async function openPage(browser: Browser, url: string): Promise<OpenPage> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const foreignRequests: string[] = [];
  const errors: string[] = [];
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol.startsWith('http') && hostname !== '127.0.0.1')
      foreignRequests.push(request.url());
  });
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.setDefaultTimeout(10_000);
  await page.goto(url);
  return { page, foreignRequests, errors, close: () => page.context().close() };
}

/**
 * Opens a URL in the same page, as a first-time visitor to its origin does, or one whose browser has stored only these
 * items. The code of a page that is compiled already takes a quarter of the CPU time that it takes in a new browser
 * context. Requests are not intercepted here, because the browser would then compile the code anew.
 */
export async function openAgain(
  { page, foreignRequests, errors }: OpenPage,
  url: string,
  stored: Readonly<Record<string, string>> = {},
): Promise<void> {
  // The page that is left may store its state now. The browser would not load a URL that differs only after its `#`.
  await page.goto('about:blank');
  foreignRequests.length = 0;
  errors.length = 0;
  const clearing = await page.addInitScript(`
    localStorage.clear();
    sessionStorage.clear();
    Object.assign(localStorage, ${JSON.stringify(stored)});
  `);
  await page.goto(url);
  await clearing.dispose();
}

/** Waits until an expression holds in the page. Playwright's own way needs `eval`, which the page's policy forbids. */
export async function waitUntil(page: Page, expression: string): Promise<void> {
  await page.evaluate(`new Promise((resolve) => {
    const look = () => (${expression} ? resolve() : requestAnimationFrame(look));
    look();
  })`);
}
