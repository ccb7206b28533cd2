// Walks through the console in Chromium, and prints what it saw as one JSON object.
//
// KASSA_URL       the page
// KASSA_CHROMIUM  the browser's executable
//
// On the way it writes the lines POST, STOP, SELL and START, and waits for a line of answer to each: a
// channel sends what nobody understands; the gateway is killed, another one sells meanwhile, and the
// gateway comes back.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { outside, watching, withChromium } from './chromium.mjs';

const url = process.env.KASSA_URL;
const { origin } = new URL(url);
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const MUG = `${url}#/stock/MUG-FJORD-MOSS`;
/** Each page, and what is there when it has been read. */
const PAGES = {
  '': '.sparks',
  '#/stock': '.list a',
  '#/stock/MUG-FJORD-MOSS': '.offers li',
  '#/orders': '.orders td',
  '#/orders/customer/K-1001': '.orders td',
  '#/orders/order/W-11313': '.timeline li',
  '#/channels': '.adapters .figures',
};

const report = await withChromium({ viewport: { width: 1440, height: 900 }, locale: 'sv-SE' }, async (browser) => {
  const seen = await watching(browser);
  const [one, other] = [browser.pages()[0], await browser.newPage()];
  one.setDefaultTimeout(30_000);
  other.setDefaultTimeout(30_000);

  const sale = await sell(one, other);
  const refusal = await refused(one);
  const found = await find(one);
  const keyboard = await byKeyboard(one);
  const looks = await looksOf(one);
  const incident = await lookAt(one);
  const channel = await channelPage(one);
  const calm = structuredClone({ ...seen, outside: outside(seen.requests, origin) });
  const graph = await graphPage(one);
  const away = await serverAway(one, other);
  const switched = await anotherRole(one);
  return { sale, refusal, found, keyboard, looks, incident, channel, graph, away, switched, ...calm };
});
process.stdout.write(`${JSON.stringify(report)}\n`);
process.exit(0);

/** Units are reserved, then sold, in one window; how soon does the other show it? */
async function sell(one, other) {
  await Promise.all([one, other].map((page) => page.goto(MUG)));
  await Promise.all([one, other].map((page) => live(page)));
  const free = Number(await cell(other, 'TMP', 5).innerText());
  const started = await open(one, 'TMP', 'Reserve');
  await send(one, 'Reserve');
  await has(other, 'TMP', 5, String(free - 1));
  const milliseconds = Date.now() - started();
  const left = await one.locator('.holds .left').first().innerText();

  await one.getByRole('button', { name: 'Sold' }).first().click();
  await send(one, 'Sold');
  await has(other, 'TMP', 2, '−1');
  const told = await other.getByRole('region', { name: 'Where it is' }).innerText();
  return { free, milliseconds, left, told };
}

async function refused(page) {
  await open(page, 'MMA', 'Reserve', { units: '250' });
  await send(page, 'Reserve');
  const dialog = page.getByRole('dialog');
  const elsewhere = dialog.getByRole('region', { name: 'Elsewhere' });
  await elsewhere.waitFor();
  const [sentence, places] = [await dialog.locator('.note').innerText(), await elsewhere.locator('li').allInnerTexts()];
  const faults = await faultsHere(page);
  await elsewhere.getByRole('button', { name: 'Reserve there' }).first().click();
  const there = await page.getByRole('dialog').getByRole('heading').first().innerText();
  await page.keyboard.press('Escape');
  return { sentence, places, there, faults };
}

/** A telephone number leads to the people who share it, and one of them to their orders. */
async function find(page) {
  await page.goto(`${url}#/orders`);
  await page.getByLabel('Telephone, e-mail, or a number').fill('070-123 45 67');
  await page.keyboard.press('Enter');
  const people = page.getByRole('region', { name: 'people share it' });
  await people.locator('li').nth(2).waitFor();
  const names = await people.locator('li > a').allInnerTexts();
  await people.getByRole('link', { name: 'Maja Sundberg' }).click();
  await page.getByRole('region', { name: 'Orders in every channel' }).getByRole('link', { name: 'W-11313' }).click();
  await page.getByRole('button', { name: 'Record a refund' }).first().click();
  await page.getByLabel('How much, in SEK').fill('1,00');
  await page.getByLabel('Why').fill('a chipped mug');
  await send(page, 'Record it');
  await page.getByText('partly refunded').first().waitFor();
  const timeline = await page.getByRole('region', { name: 'Timeline' }).innerText();
  const operations = await page.locator('.operations').allInnerTexts();
  return { names, timeline, operations: operations.join('\n') };
}

async function byKeyboard(page) {
  await page.goto(url);
  await page.reload();
  await live(page);
  await page.keyboard.press('Tab');
  const first = await page.evaluate(() => document.activeElement.textContent);
  await page.keyboard.press('Enter');
  return { first, then: await page.evaluate(() => document.activeElement.tagName) };
}

/** Of each page: what axe finds serious, light and dark, and how far it is wider than a telephone. */
async function looksOf(page) {
  const found = {};
  for (const path of Object.keys(PAGES)) {
    await look(page, path);
    const light = await faultsHere(page);
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await faultsHere(page);
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 390, height: 844 });
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    await page.setViewportSize({ width: 1440, height: 900 });
    found[path] = { light, dark, wider };
  }
  return found;
}

async function faultsHere(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run());
  return violations
    .filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`));
}

/** GraphiQL: a subscription is told there, and a query with its plan and its cost. */
async function graphPage(page) {
  await page.goto(url);
  await page.getByRole('link', { name: 'Graph' }).click();
  await page.locator('.graphiql-query-editor .view-line').first().waitFor();
  const role = await page.getByLabel('Role').inputValue();
  await page.getByLabel('Plan').check();
  const planned = page.waitForResponse((response) => response.request().postData()?.includes('Customer360'));
  await page.getByRole('button', { name: /execute/i }).click();
  const { extensions } = await (await planned).json();
  await page.getByRole('button', { name: 'Examples' }).click();
  await page.getByRole('menuitem', { name: 'Watch stock move' }).click();
  await page.locator('.graphiql-query-editor', { hasText: 'WatchStock' }).waitFor();
  await page.getByRole('button', { name: /execute/i }).click();
  const told = await result(page, 'SNAPSHOT');
  return { role, extensions: Object.keys(extensions), told };
}

/** What GraphiQL shows once it shows `expected`, without white space: Monaco wraps where it likes. */
async function result(page, expected) {
  const shown = await page.waitForFunction((expected) => {
    const text = document.querySelector('[aria-label="Result Window"]')?.textContent.replace(/\s+/g, '');
    return text?.includes(expected) && text;
  }, expected);
  return shown.jsonValue();
}

/** The gateway is killed; somebody buys; it comes back. */
async function serverAway(one, other) {
  await Promise.all([one, other].map((page) => page.goto(MUG)));
  await Promise.all([one, other].map((page) => live(page)));
  await other.getByRole('button', { name: /Helsinki/ }).click();
  const before = Number(await cell(one, 'HEL', 5).innerText());
  await tell('STOP');
  const lost = await one.getByRole('alert').innerText();
  await tell('SELL');
  const stale = Number(await cell(one, 'HEL', 5).innerText());
  await tell('START');
  const back = await one.locator('.banner[data-tone="good"]').innerText();
  await has(one, 'HEL', 5, String(before - 3));
  const journal = other.getByRole('region', { name: 'Journal' });
  await journal.getByText('Units were reserved.').nth(2).waitFor();
  return { before, lost, stale, back, journal: await journal.innerText() };
}

/** Another role is another viewer, and is remembered by name alone. */
async function anotherRole(page) {
  const asked = page.waitForRequest((request) => request.method() === 'POST');
  await page.getByLabel('Role').selectOption('finance');
  const { authorization } = (await asked).headers();
  await live(page);
  const stored = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
  await page.getByLabel('Role').selectOption('clerk');
  await page.goto(url);
  await page.locator(PAGES['']).first().waitFor();
  await live(page);
  const panels = await page.getByRole('main').getByRole('heading', { level: 2 }).allInnerTexts();
  return { authorization, stored, panels };
}

/** A delivery that nobody understands comes in elsewhere, and is shown here with its reason. */
async function channelPage(page) {
  await page.goto(`${url}#/channels`);
  const panel = page.getByRole('region', { name: 'Penny, Netherlands' });
  await panel.locator('.figures').waitFor();
  const before = await panel.innerText();
  await tell('POST');
  await panel.getByText('Parked deliveries').waitFor();
  return { before, after: await panel.innerText(), faults: await faultsHere(page) };
}

/** Somebody closes an incident, and sees none any more. */
async function lookAt(page) {
  await page.goto(url);
  const panel = page.getByRole('region', { name: 'Incidents' });
  const told = await panel.locator('li p').first().innerText();
  await panel.getByRole('button', { name: 'Looked at' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('What was done about it').fill('The word is known now.');
  const faults = await faultsHere(page);
  await send(page, 'Close it');
  await panel.getByText('Nothing that somebody must look at.').waitFor();
  return { told, faults };
}

async function look(page, path) {
  await page.goto(url + path);
  await page.reload();
  await page.locator(PAGES[path]).first().waitFor();
}

async function live(page) {
  await page.locator('.line[data-state="live"]').waitFor();
}

function cell(page, location, n) {
  return page.locator(`tbody[data-location="${location}"] tr`).first().locator('th, td').nth(n);
}

async function has(page, location, n, text) {
  await page.waitForFunction(
    ([location, n, text]) => {
      const row = document.querySelector(`tbody[data-location="${location}"] tr`);
      return row?.querySelectorAll('th, td')[n].textContent === text;
    },
    [location, n, text],
    { polling: 'raf' },
  );
}

/** Opens a location and a dialog; tells when its form was sent. */
async function open(page, location, deed, { units } = {}) {
  const level = page.locator(`tbody[data-location="${location}"]`);
  const row = level.locator('.disclose');
  if ((await row.getAttribute('aria-expanded')) === 'false') await row.click();
  await level.getByRole('button', { name: deed }).click();
  if (units) await page.getByLabel('Units').fill(units);
  let at = 0;
  page.once('request', () => (at = Date.now()));
  return () => at;
}

/** Sends the form of the dialog that is open. */
async function send(page, name) {
  await page.getByRole('dialog').getByRole('button', { name, exact: true }).click();
}

async function tell(line) {
  process.stdout.write(`${line}\n`);
  await answers.next();
}
