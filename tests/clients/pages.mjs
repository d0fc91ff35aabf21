// Every page of the book in a real browser: node pages.mjs http://127.0.0.1:3000/?token=…
// No console message, no request to elsewhere, nothing that axe-core finds, light and dark,
// narrow and wide. With SHOTS=folder, a picture of each. axe-core looks at the document and its colors, which are the same in
// every browser, and takes minutes in Firefox: there it is left out.
import { withBrowser, must, pageOf, pagesOf } from './browser.mjs';
import { unfair, wear } from './fair.mjs';

const [, , book] = process.argv;
const CONTRAST = 'color-contrast';
// What another theme can spoil is the contrast.
const LOOKS = [
  { theme: 'light', width: 1280 },
  { theme: 'navy', width: 1280, runOnly: [CONTRAST] },
  { theme: 'coal', width: 360 },
  { theme: 'rust', width: 800, runOnly: [CONTRAST] },
  { theme: 'ayu', width: 800, runOnly: [CONTRAST] },
];

// What is wrong with a page: each look is one more at the same tab, as a reader's would be.
async function visit(context, page, looks) {
  const tab = await context.newPage();
  const said = [];
  tab.on('console', (message) => said.push(`console: ${message.text()}`));
  tab.on('pageerror', (error) => said.push(`error: ${error.message}`));
  tab.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(new URL(book).origin) && !url.startsWith('data:')) said.push(`asked ${url}`);
  });
  await tab.goto(pageOf(book, page));
  for (const look of looks) {
    const { theme, width } = look;
    for (const fault of await faults(tab, look)) said.push(`(${theme}, ${width}) ${fault}`);
    if (process.env.SHOTS && page !== 'print.html') {
      const name = page.split('/').pop().replace('.html', '');
      await tab.screenshot({ path: `${process.env.SHOTS}/${name}-${theme}-${width}.png`, fullPage: true });
    }
  }
  await tab.close();
  return said.map((line) => `${page}: ${line}`);
}

async function faults(tab, { theme, width, ...options }) {
  await tab.setViewportSize({ width, height: 900 });
  await wear(tab, theme);
  const said = process.env.FIREFOX ? [] : await unfair(tab, 'html', options);
  const overflow = await tab.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (overflow > 1) said.push(`the page is ${overflow} pixels wider than the window`);
  return said;
}

await withBrowser(async (browser) => {
  const context = await browser.newContext();
  const all = await pagesOf(browser, book);
  must(all.length >= 8, `only ${all.length} pages in the table of contents`);
  const said = [];
  for (const page of [...all, '404.html']) said.push(...(await visit(context, page, LOOKS)));
  said.push(...(await visit(context, 'print.html', [LOOKS[0]])));
  must(said.length === 0, said.join('\n'));
  console.log(`${all.length} pages`);
});
