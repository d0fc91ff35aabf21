// A browser with the room's own page as a member: node room-browser.mjs http://127.0.0.1:4000 TEXT COUNT
// Says TEXT when a line comes on its input, prints what it hears, and leaves after COUNT messages.
import { createInterface } from 'node:readline';
import { withBrowser } from './browser.mjs';

const [, , url, text, count] = process.argv;
const input = createInterface({ input: process.stdin });

await withBrowser(async (browser) => {
  const tab = await browser.newPage();
  await tab.goto(url);
  await tab.locator('#state', { hasText: 'handshake successful' }).waitFor();
  console.log('open');
  input.once('line', async () => {
    await tab.locator('#say input').fill(text);
    await tab.locator('#say button').click();
  });
  for (let i = 0; i < Number(count); i += 1) {
    const line = tab.locator('#log li').nth(i);
    console.log(`hears ${await line.textContent({ timeout: 60_000 })}`);
  }
  console.log('done');
});
input.close();
