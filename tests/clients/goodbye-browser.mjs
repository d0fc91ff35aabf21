// How a goodbye ends in a real browser: node goodbye-browser.mjs http://127.0.0.1:3000 ws://127.0.0.1:4000
// Prints what onclose says, for a goodbye with a code and a reason and for one without.
import { withBrowser } from './browser.mjs';

const [, , page, server] = process.argv;

// Runs in the page: opens, says goodbye, and hears the end.
async function goodbye([address, goodbye]) {
  const socket = new WebSocket(address);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error('onerror instead of onopen'));
  });
  const end = new Promise((resolve) => {
    socket.onclose = resolve;
  });
  socket.close(...goodbye);
  const { code, reason, wasClean } = await end;
  return `${code} ${JSON.stringify(reason)} ${wasClean ? 'clean' : 'not clean'}`;
}

await withBrowser(async (browser) => {
  const tab = await browser.newPage();
  await tab.goto(page);
  for (const words of [[1000, 'bye'], [4321, 'bye'], []]) {
    console.log(`close(${words.join(', ')}): ${await tab.evaluate(goodbye, [server, words])}`);
  }
});
