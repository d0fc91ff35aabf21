// Every page of the book in a real browser: node pages.mjs http://127.0.0.1:3000/?token=…
// No console message, no request to elsewhere, nothing serious that axe-core finds, light and dark,
// narrow and wide. With SHOTS=folder, a picture of each.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { withBrowser, must, pageOf } from './browser.mjs';

const [, , book] = process.argv;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const LOOKS = [
  { theme: 'light', width: 1280 },
  { theme: 'navy', width: 1280 },
  { theme: 'light', width: 360 },
  { theme: 'coal', width: 360 },
];
// Themes that are seldom chosen, on a page that has everything.
const RARE = [
  { theme: 'rust', width: 800 },
  { theme: 'ayu', width: 800 },
];

// The pages that the table of contents names.
async function pages(browser) {
  const tab = await browser.newPage();
  await tab.goto(pageOf(book, 'index.html'));
  const links = await tab.locator('#mdbook-sidebar a[href]').evaluateAll((all) => all.map((a) => a.href));
  await tab.close();
  return [...new Set(links.map((link) => link.split('#')[0]))];
}

async function visit(browser, page, { theme, width }) {
  const context = await browser.newContext({ viewport: { width, height: 900 } });
  await context.addInitScript((name) => localStorage.setItem('mdbook-theme', name), theme);
  const tab = await context.newPage();
  const said = [];
  tab.on('console', (message) => said.push(`console: ${message.text()}`));
  tab.on('pageerror', (error) => said.push(`error: ${error.message}`));
  tab.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(new URL(book).origin) && !url.startsWith('data:')) said.push(`asked ${url}`);
  });
  await tab.goto(pageOf(book, page));
  await tab.evaluate(axe);
  const { violations } = await tab.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
  for (const { impact, id, nodes } of violations) {
    if (impact !== 'serious' && impact !== 'critical') continue;
    said.push(`axe ${impact}: ${id} at ${nodes.map((node) => node.target.join(' ')).join(', ')}`);
  }
  const overflow = await tab.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (overflow > 1) said.push(`the page is ${overflow} pixels wider than the window`);
  if (process.env.SHOTS && !page.endsWith('print.html')) {
    const name = page.split('/').pop().replace('.html', '');
    await tab.screenshot({ path: `${process.env.SHOTS}/${name}-${theme}-${width}.png`, fullPage: true });
  }
  await context.close();
  return said.map((line) => `${page} (${theme}, ${width}): ${line}`);
}

await withBrowser(async (browser) => {
  const all = await pages(browser);
  must(all.length >= 8, `only ${all.length} pages in the table of contents`);
  const said = [];
  for (const page of [...all, '404.html']) {
    const looks = await Promise.all(LOOKS.map((look) => visit(browser, page, look)));
    said.push(...looks.flat());
  }
  for (const look of RARE) said.push(...(await visit(browser, '05-reply.html', look)));
  said.push(...(await visit(browser, 'print.html', LOOKS[0])));
  must(said.length === 0, said.join('\n'));
  console.log(`${all.length} pages`);
});
