// A browser with the room's own page as a member: node room-browser.mjs http://127.0.0.1:4000 TEXT COUNT
// Says TEXT when a line comes on its input, prints what it hears, and leaves after COUNT messages.
import { createInterface } from 'node:readline';
import { withBrowser } from './browser.mjs';

const [, , url, text, count] = process.argv;
const input = createInterface({ input: process.stdin });

await withBrowser(async (browser) => {
  const tab = await browser.newPage();
  // The page keeps its socket to itself, and with it what was agreed on.
  await tab.addInitScript(() => {
    window.WebSocket = class extends WebSocket {
      constructor(...args) {
        super(...args);
        window.itsSocket = this;
      }
    };
  });
  await tab.goto(url);
  await tab.locator('#state', { hasText: 'handshake successful' }).waitFor({ timeout: 120_000 });
  const extensions = await tab.evaluate(() => window.itsSocket.extensions);
  console.log(extensions.startsWith('permessage-deflate') ? 'open, compressed' : 'open');
  input.once('line', async () => {
    await tab.locator('#say input').fill(text);
    await tab.locator('#say button').click();
  });
  for (let i = 0; i < Number(count); i += 1) {
    const line = tab.locator('#log li').nth(i);
    console.log(`hears ${await line.textContent({ timeout: 120_000 })}`);
  }
  console.log('done');
});
input.close();
