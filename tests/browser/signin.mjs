// Signs in to the console in Chromium, at a provider and with a token, and prints what it saw as one
// JSON object.
//
// KASSA_URL       the page
// KASSA_CHROMIUM  the browser's executable

import { outside, watching, withChromium } from './chromium.mjs';

const url = process.env.KASSA_URL;
const { origin } = new URL(url);

const report = await withChromium({ viewport: { width: 1280, height: 800 } }, async (browser) => {
  const seen = await watching(browser);
  const page = browser.pages()[0];
  page.setDefaultTimeout(30_000);

  await page.goto(`${url}#/stock`);
  await page.getByRole('button', { name: /^Sign in at/ }).click();
  await page.getByRole('heading', { name: 'Stock', exact: true }).waitFor();
  const inside = { who: await page.locator('.who').innerText(), address: page.url() };
  inside.products = await page.locator('.list a').first().innerText();
  inside.lasting = await page.evaluate(() => JSON.stringify({ ...localStorage }));
  await page.reload();
  await page.getByRole('heading', { name: 'Stock', exact: true }).waitFor();

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Or paste a token').fill('kassa_live_nobody');
  await page.keyboard.press('Enter');
  const refused = await page.getByRole('alert').innerText();
  const kept = await page.evaluate(() => JSON.stringify({ ...sessionStorage }));

  await page.goto(`${url}?code=stolen&state=guessed`);
  const forged = await page.getByRole('alert').innerText();
  const violations = seen.violations;
  return { inside, refused, kept, forged, violations, elsewhere: outside(seen.requests, origin) };
});
process.stdout.write(JSON.stringify(report));
