// A class's tabs in a real browser: node tabs.mjs http://127.0.0.1:3000/?token=… 1234
// A dozen of them have a lab that runs, and the next page of the book loads as if there were none. The last argument is
// the workshop's process: when it ends, each tab says so, and what to do.
import { withBrowser, must, pageOf, starts } from './browser.mjs';

const [, , book, workshop] = process.argv;
const TABS = 12;
const SOON = 1000; // milliseconds

async function run(context) {
  const tab = await context.newPage();
  await tab.goto(pageOf(book, '05-reply.html'));
  const lab = tab.locator('section.lab');
  await starts(lab);
  await lab.locator('.lab-connect:enabled').click();
  await lab.locator('.lab-status', { hasText: 'onopen' }).waitFor();
  await lab.locator('.lab-send').click();
  await lab.locator('.unit[data-kind="frame"][data-from="server"][data-text="Li Jing"]').waitFor();
  return lab;
}

// The fastest of three, because other programs may keep this machine busy.
async function load(context) {
  const times = [];
  for (let i = 0; i < 3; i += 1) {
    const tab = await context.newPage();
    const start = performance.now();
    await tab.goto(pageOf(book, '04-decode.html'));
    times.push(Math.round(performance.now() - start));
    await tab.close();
  }
  return Math.min(...times);
}

await withBrowser(async (browser) => {
  const context = await browser.newContext();
  const alone = await load(context);
  const labs = [];
  for (let i = 0; i < TABS; i += 1) labs.push(await run(context));
  const among = await load(context);
  must(among < SOON, `a page loads in ${among} ms beside ${TABS} labs, and in ${alone} ms without`);
  // All of them are alive: the first one hears a message, too.
  await labs[0].locator('.lab-texts').selectOption('李静');
  await labs[0].locator('.lab-send').click();
  await labs[0].locator('.unit[data-from="server"][data-text="李静"]').waitFor();

  process.kill(Number(workshop));
  for (const lab of labs) await lab.locator('.lab-status', { hasText: 'Start it again with cargo run' }).waitFor();
  await labs[0].locator('.lab-start').click();
  await labs[0].locator('.lab-status', { hasText: 'the workshop has ended' }).waitFor();
  console.log(`a page loads in ${among} ms beside ${TABS} labs, and in ${alone} ms without`);
});
