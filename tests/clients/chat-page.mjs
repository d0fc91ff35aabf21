// The room's own page in two tabs: node chat-page.mjs http://127.0.0.1:4000
// What others say is text and never HTML; who comes and goes is seen; and when the server ends and
// starts again, the page comes back by itself. It says on its output when that is to happen.
import { createInterface } from 'node:readline';
import { withBrowser, must } from './browser.mjs';
import { unfair } from './fair.mjs';

const [, , room] = process.argv;
const NAME = '<img src=x onerror=alert(1)>';
const TEXT = '<script>alert(2)</script> & "more"';
const input = createInterface({ input: process.stdin });

async function enter(browser, colorScheme, width) {
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 700 } });
  const tab = await context.newPage();
  tab.on('dialog', (dialog) => must(false, `a dialog opened: ${dialog.message()}`));
  await tab.goto(room);
  await opened(tab);
  return tab;
}

const opened = (tab) => tab.locator('#state', { hasText: 'handshake successful' }).waitFor();
const line = (tab, text) => tab.locator('#log li').filter({ hasText: text }).first().waitFor();

async function submit(tab, form, text) {
  await tab.locator(`#${form} input`).fill(text);
  await tab.locator(`#${form} button`).click();
}

async function mustBeAccessible(tab) {
  const said = await unfair(tab);
  must(said.length === 0, said.join('\n'));
  const overflow = await tab.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  must(overflow <= 1, `the page is ${overflow} pixels wider than the window`);
}

await withBrowser(async (browser) => {
  const [one, two] = [await enter(browser, 'light', 1000), await enter(browser, 'dark', 360)];
  await submit(one, 'name', NAME);
  await line(two, `* ${NAME} joins`);
  await submit(one, 'say', TEXT);
  for (const tab of [one, two]) {
    await line(tab, `${NAME}: ${TEXT}`);
    must((await tab.locator('#log img, #log script').count()) === 0, 'what is said has made an element');
    await mustBeAccessible(tab);
  }

  console.log('end the server');
  await one.locator('#state', { hasText: 'error' }).waitFor();
  must(await one.locator('#say button').isDisabled(), 'nothing can be said while nobody hears it');
  await mustBeAccessible(one);
  await one.locator('#say input').fill('kept');

  console.log('start it again');
  await new Promise((resolve) => input.once('line', resolve));
  await Promise.all([opened(one), opened(two)]);
  must((await one.locator('#say input').inputValue()) === 'kept', 'what was typed is lost');
  await one.locator('#say button').click();
  await line(two, `${NAME}: kept`);

  await one.context().close();
  await line(two, `* ${NAME} leaves`);
  console.log('the room works');
});
input.close();
