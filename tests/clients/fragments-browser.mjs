// A real browser sends a long text: node fragments-browser.mjs http://127.0.0.1:3000 ws://127.0.0.1:4000
// Chromium cuts it into fragments of 131,000 bytes, and so inside a character.
import { withBrowser, must } from './browser.mjs';

const [, , page, server] = process.argv;
const CHARACTERS = 100_000; // of three bytes each

// Runs in the page: says a text, and hears the first message that comes back.
async function hears([address, text]) {
  const socket = new WebSocket(address);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error('onerror instead of onopen'));
  });
  const answer = new Promise((resolve, reject) => {
    socket.onmessage = (event) => resolve(event.data);
    socket.onclose = (event) => reject(new Error(`closed with ${event.code}`));
  });
  socket.send(text);
  return answer;
}

await withBrowser(async (browser) => {
  const tab = await browser.newPage();
  await tab.goto(page);
  const text = '漢'.repeat(CHARACTERS);
  const heard = await tab.evaluate(hears, [server, text]);
  must(heard === text, `${heard.length} characters came back, and the last is ${heard.at(-1)}`);
  console.log('the whole text: back');
});
