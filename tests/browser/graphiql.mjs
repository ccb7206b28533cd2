// Walks through the GraphiQL page in Chromium and prints what it saw as one JSON object.
//
// KASSA_URL         the page
// KASSA_CHROMIUM    the browser's executable
// KASSA_WALK        {"answer", "role", "example", "exampleAnswer", "field", "refusedRole", "refusal"}
// KASSA_SCREENSHOT  where to write a picture (optional; the dark one gets "-dark" in its name)

import { outside, watching, withChromium } from './chromium.mjs';

const { KASSA_URL: url, KASSA_SCREENSHOT: picture } = process.env;
const walk = JSON.parse(process.env.KASSA_WALK);
const origin = new URL(url).origin;

const options = { viewport: { width: 1440, height: 900 }, colorScheme: 'light' };
await withChromium(options, async (browser) => {
  const seen = { ...(await watching(browser)), operations: [], workers: [] };
  process.stdout.write(JSON.stringify(await visit(browser, browser.pages()[0], seen)));
});

async function visit(browser, page, seen) {
  page.setDefaultTimeout(60_000);
  noteOperations(browser, page, seen);
  await page.goto(url);
  await page.locator('.graphiql-query-editor .view-line').first().waitFor();
  await schemaIsRead(page);

  const first = { title: await page.title(), role: await roleOf(page) };
  first.answer = await execute(page, walk.answer);
  await photograph(page, '');

  const introspection = page.waitForRequest(isIntrospection);
  await page.getByLabel('Role').selectOption(walk.role);
  const switched = { introspection: authorizationOf(await introspection) };
  await schemaIsRead(page);
  switched.answer = await execute(page, walk.answer);
  switched.authorization = seen.operations.at(-1);

  const tabs = page.locator('.graphiql-tab');
  const before = await tabs.count();
  await page.getByRole('button', { name: 'Examples' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: walk.example }).focus();
  await photograph(page, '-menu');
  await page.keyboard.press('Enter');
  const example = { answer: await answer(page, walk.exampleAnswer), role: await roleOf(page) };
  example.newTabs = (await tabs.count()) - before;
  example.authorization = seen.operations.at(-1);

  const tools = await useTools(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  await photograph(page, '-dark');
  const calm = structuredClone({ ...seen, operations: undefined });

  await page.getByLabel('Role').selectOption(walk.refusedRole);
  await page.getByRole('button', { name: /execute/i }).click();
  const refused = await answer(page, walk.refusal);
  await browser.setOffline(true);
  await page.getByRole('button', { name: /execute/i }).click();
  const offline = await answer(page, 'did not answer');
  await browser.setOffline(false);

  await page.reload();
  await page.locator('.graphiql-query-editor .view-line').first().waitFor();
  const remembered = await roleOf(page);
  const address = page.url();
  const stored = await page.evaluate(() => JSON.stringify({ ...localStorage }));
  const left = outside(seen.requests, origin);
  return { first, switched, example, tools, refused, offline, remembered, address, stored, outside: left, ...calm };
}

function noteOperations(browser, page, { operations, workers }) {
  browser.on('request', (request) => {
    if (isOperation(request) && !isIntrospection(request)) operations.push(authorizationOf(request));
  });
  page.on('worker', (worker) => workers.push(new URL(worker.url()).pathname));
}

async function execute(page, expected) {
  const answered = page.waitForResponse(
    (response) => isOperation(response.request()) && !isIntrospection(response.request()),
  );
  await page.getByRole('button', { name: /execute/i }).click();
  await answered;
  return answer(page, expected);
}

/**
 * What the result pane shows once it shows `expected`, both without any white space: Monaco wraps
 * long lines wherever it likes, and keeps the lines it has drawn in no particular order.
 */
async function answer(page, expected) {
  const shown = await page.waitForFunction(
    (expected) => {
      const pane = document.querySelector('[aria-label="Result Window"]');
      const top = (line) => parseFloat(line.style.top);
      const lines = [...pane.querySelectorAll('.view-line')].sort((a, b) => top(a) - top(b));
      const text = lines.map((line) => line.textContent).join('').replace(/\s+/g, '');
      return text.includes(expected.replace(/\s+/g, '')) && text;
    },
    expected,
  );
  return shown.jsonValue();
}

/** The parts that load more code or write more styles: prettier, completion, palette, documentation. */
async function useTools(page) {
  await page.getByRole('button', { name: /prettify/i }).click();
  await page.locator('.graphiql-query-editor .view-line', { hasText: walk.field }).click();
  const completion = await opened(page, 'Control+Space', '.suggest-widget .monaco-list-row');
  await opened(page, 'F1', '.quick-input-widget .monaco-list-row');
  await page.getByRole('button', { name: /show documentation explorer/i }).click();
  const documentation = await page.locator('.graphiql-doc-explorer').innerText();
  return { completion, documentation };
}

/**
 * The first row of what a key opens, which is closed again. A key that comes before the editor's
 * workers have loaded opens nothing and is not remembered, so it is pressed until it works.
 */
async function opened(page, key, row) {
  const first = page.locator(row, { hasText: /\S/ }).first(); // a row is there before its words
  for (let attempt = 1; ; attempt += 1) {
    await page.keyboard.press(key);
    try {
      const text = await first.innerText({ timeout: 3_000 });
      await page.keyboard.press('Escape');
      return text;
    } catch (error) {
      if (attempt === 20) throw error;
      await page.keyboard.press('Escape');
    }
  }
}

async function schemaIsRead(page) {
  await page.locator('.graphiql-sidebar .graphiql-spin, .graphiql-sidebar .graphiql-spinner').waitFor({ state: 'detached' });
}

async function photograph(page, suffix) {
  if (picture) {
    await page.evaluate(() => document.fonts.ready);
    await page.screenshot({ path: picture.replace(/(\.\w+)?$/, `${suffix}$1`) });
  }
}

function roleOf(page) {
  return page.getByLabel('Role').inputValue();
}

function isOperation(request) {
  return request.method() === 'POST' && new URL(request.url()).pathname === '/graphql';
}

function isIntrospection(request) {
  return isOperation(request) && request.postData().includes('IntrospectionQuery');
}

function authorizationOf(request) {
  return request.headers().authorization ?? null;
}
