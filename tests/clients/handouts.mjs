// The worksheet and the slides in a real browser: node handouts.mjs FOLDER
// Light and dark, wide and narrow: nothing is wider than the window, a slide is not taller than the projector, and
// axe-core finds nothing.
import { pathToFileURL } from 'node:url';
import { withBrowser, must } from './browser.mjs';
import { unfair } from './fair.mjs';

const [, , folder] = process.argv;
const WIDE = { width: 1280, height: 720 };
const NARROW = { width: 360, height: 720 };

async function faults(tab, name, viewport) {
  await tab.setViewportSize(viewport);
  const said = [];
  const wider = await tab.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (wider > 0) said.push(`${wider} pixels wider than the window`);
  const heights = await tab.locator('.sheet').evaluateAll((all) => all.map((sheet) => sheet.offsetHeight));
  must(heights.length >= 2, `${name} has ${heights.length} sheets`);
  if (name === 'slides.html' && viewport === WIDE) {
    heights.forEach((height, i) => {
      if (height > viewport.height) said.push(`slide ${i + 1} is ${height} pixels tall`);
    });
  }
  return [...said, ...(await unfair(tab))];
}

await withBrowser(async (browser) => {
  const said = [];
  for (const colorScheme of ['light', 'dark']) {
    const context = await browser.newContext({ colorScheme });
    for (const name of ['worksheet.html', 'slides.html']) {
      const tab = await context.newPage();
      await tab.goto(pathToFileURL(`${folder}/${name}`).href);
      for (const viewport of [WIDE, NARROW]) {
        const where = `${name}, ${colorScheme}, ${viewport.width}`;
        for (const fault of await faults(tab, name, viewport)) said.push(`${where}: ${fault}`);
        if (process.env.SHOTS) {
          const file = `${process.env.SHOTS}/${name}-${colorScheme}-${viewport.width}.png`;
          await tab.screenshot({ path: file, fullPage: true });
        }
      }
      await tab.close();
    }
  }
  must(said.length === 0, said.join('\n'));
  console.log('the worksheet and the slides fit');
});
