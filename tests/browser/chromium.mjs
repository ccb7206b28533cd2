// A Chromium of its own profile, and what it saw while a program drove it.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** Has `drive` use a browser whose executable is KASSA_CHROMIUM; it is gone afterwards. */
export async function withChromium(options, drive) {
  const profile = await mkdtemp(join(tmpdir(), 'kassa-browser-'));
  const executablePath = process.env.KASSA_CHROMIUM;
  const browser = await chromium.launchPersistentContext(profile, { executablePath, headless: true, args: ARGUMENTS, ...options });
  try {
    return await drive(browser);
  } finally {
    await browser.close();
    await rm(profile, { recursive: true, force: true });
  }
}

/** Notes requests, violations of the policy and what the console says; of pages yet to be opened. */
export async function watching(browser) {
  const seen = { requests: [], violations: [], errors: [] };
  browser.on('request', (request) => seen.requests.push(request.url()));
  browser.on('page', watch);
  browser.pages().forEach(watch);
  await browser.exposeBinding('kassaViolation', (_, violation) => seen.violations.push(violation));
  await browser.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) =>
      window.kassaViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`),
    );
  });
  return seen;

  function watch(page) {
    page.on('websocket', (socket) => seen.requests.push(socket.url()));
    page.on('pageerror', (error) => seen.errors.push(String(error)));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) seen.errors.push(message.text());
    });
  }
}

/** Those of the addresses that lead anywhere but to `origin`. */
export function outside(addresses, origin) {
  const here = [origin, origin.replace(/^http/, 'ws')];
  return addresses.filter((address) => !address.startsWith('data:') && !here.includes(new URL(address).origin));
}
