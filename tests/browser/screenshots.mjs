// Pictures of the console's pages for the README, while `kassa demo` plays.
//
// KASSA_URL       the page
// KASSA_CHROMIUM  the browser's executable
// KASSA_PICTURES  the folder to write to

import { join } from 'node:path';
import { withChromium } from './chromium.mjs';

const { KASSA_URL: url, KASSA_PICTURES: folder } = process.env;

const PICTURES = [
  { name: 'now', path: '', ready: '.news li:nth-child(6)', colorScheme: 'light' },
  { name: 'stock', path: '#/stock/MUG-FJORD-MOSS', ready: '.offers li', colorScheme: 'light', act: reserve },
  { name: 'refused', path: '#/stock/MUG-FJORD-MOSS', ready: '.offers li', colorScheme: 'light', act: ask },
  { name: 'customer', path: '#/orders/customer/K-1001', ready: '.orders td', colorScheme: 'light' },
  { name: 'order', path: '#/orders/order/W-11313', ready: '.timeline li', colorScheme: 'dark' },
];

await withChromium({ viewport: { width: 1280, height: 860 }, locale: 'en-SE' }, async (browser) => {
  const page = browser.pages()[0];
  page.setDefaultTimeout(60_000);
  for (const { name, path, ready, colorScheme, act } of PICTURES) {
    await page.emulateMedia({ colorScheme });
    await page.goto(url + path);
    await page.reload();
    await page.locator('.line[data-state="live"]').waitFor();
    await page.locator(ready).first().waitFor();
    await act?.(page);
    await page.evaluate(() => document.fonts.ready);
    await page.screenshot({ path: join(folder, `console-${name}.png`) });
  }
  await page.setViewportSize({ width: 390, height: 844 });
  await page.emulateMedia({ colorScheme: 'light' });
  await page.goto(`${url}#/stock/MUG-FJORD-MOSS`);
  await page.locator('.offers li').first().waitFor();
  await page.screenshot({ path: join(folder, 'console-phone.png') });
  await page.setViewportSize({ width: 1280, height: 860 });
  await page.goto(`${url}graphiql`);
  await page.locator('.graphiql-query-editor .view-line').first().waitFor();
  await page.getByLabel('Plan').check();
  await page.getByRole('button', { name: /execute/i }).click();
  await page.locator('[aria-label="Result Window"]', { hasText: 'Sundberg' }).waitFor();
  await page.screenshot({ path: join(folder, 'console-graph.png') });
});

async function reserve(page) {
  const level = page.locator('tbody[data-location="STO"]');
  await level.locator('.disclose').click();
  await level.getByRole('button', { name: 'Reserve' }).click();
  await page.getByLabel('Units').fill('2');
  await page.getByRole('dialog').getByRole('button', { name: 'Reserve', exact: true }).click();
  await level.locator('.holds .left').first().waitFor();
}

async function ask(page) {
  const level = page.locator('tbody[data-location="TMP"]');
  await level.locator('.disclose').click();
  await level.getByRole('button', { name: 'Reserve' }).click();
  await page.getByLabel('Units').fill('40');
  await page.getByRole('dialog').getByRole('button', { name: 'Reserve', exact: true }).click();
  await page.getByRole('region', { name: 'Elsewhere' }).waitFor();
}
