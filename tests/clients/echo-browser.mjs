// A real browser against an echo: node echo-browser.mjs http://127.0.0.1:3000 ws://127.0.0.1:4000
import { withBrowser, must } from './browser.mjs';
import { messages } from './messages.mjs';

const [, , page, server] = process.argv;

// Runs in the page: sends each text and hears what comes back.
async function echoes([address, texts]) {
  const socket = new WebSocket(address);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error('onerror instead of onopen'));
  });
  const heard = [];
  for (const text of texts) {
    const answer = new Promise((resolve, reject) => {
      socket.onmessage = (event) => resolve(event.data);
      socket.onclose = (event) => reject(new Error(`closed with ${event.code}`));
    });
    socket.send(text);
    heard.push(await answer);
  }
  return heard;
}

await withBrowser(async (browser) => {
  const tab = await browser.newPage();
  await tab.goto(page);
  const texts = messages.map(([, text]) => text);
  const heard = await tab.evaluate(echoes, [server, texts]);
  messages.forEach(([name, text], i) => {
    must(heard[i] === text, `${name}: ${JSON.stringify(heard[i])} came back`);
    console.log(`${name}: back`);
  });
});
