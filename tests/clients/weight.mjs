// What each page of the book weighs on the first visit, and whether it moves while it comes: node weight.mjs http://127.0.0.1:3000/?token=…
// And that the search, whose scripts come when they are asked for, finds something.
import { withBrowser, must, pageOf, pagesOf } from './browser.mjs';

const [, , book] = process.argv;
const MOST = 350_000; // bytes, of everything that is loaded
const SHIFT = 0.05; // as Chromium counts layout shifts; Firefox counts none

async function visit(browser, page) {
  // A context has a cache of its own, which is empty.
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const tab = await context.newPage();
  await tab.addInitScript(() => {
    window.shift = 0;
    new PerformanceObserver((list) => list.getEntries().forEach(({ value }) => (window.shift += value))).observe({ type: 'layout-shift', buffered: true });
  });
  await tab.goto(pageOf(book, page));
  await tab.evaluate(() => document.fonts.ready);
  // Two frames are drawn: what the last script moved is counted.
  await tab.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  const paint = await tab.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime);
  const shift = await tab.evaluate(() => window.shift);
  const sizes = await tab.evaluate(() => performance.getEntries().map(({ encodedBodySize }) => encodedBodySize ?? 0));
  await context.close();
  return { bytes: sizes.reduce((sum, size) => sum + size, 0), shift, paint };
}

async function search(browser, open) {
  const context = await browser.newContext();
  const tab = await context.newPage();
  await tab.goto(pageOf(book, '02-key.html'));
  await open(tab);
  await tab.locator('#mdbook-searchbar:focus').waitFor();
  await tab.keyboard.type('masking-key');
  await tab.locator('#mdbook-searchresults a', { hasText: 'Decode' }).first().click();
  await tab.locator('mark').first().waitFor();
  await context.close();
}

await withBrowser(async (browser) => {
  const pages = await pagesOf(browser, book);
  const said = [];
  for (const page of pages) {
    const { bytes, shift, paint } = await visit(browser, page);
    console.log(`${page}: ${bytes} bytes, moves by ${shift.toFixed(3)}, first content after ${paint === undefined ? 'an unknown time' : `${Math.round(paint)} ms`}`);
    if (bytes > MOST) said.push(`${page}: ${bytes} bytes on the first visit, ${MOST} are allowed`);
    if (shift > SHIFT) said.push(`${page}: its text moves by ${shift} while it comes, ${SHIFT} is allowed`);
  }
  await search(browser, (tab) => tab.locator('#mdbook-search-toggle').click());
  await search(browser, (tab) => tab.keyboard.press('s'));
  must(said.length === 0, said.join('\n'));
});
