// The book behind proxies, in a real browser: node desk.mjs http://name.localhost:8080/?token=… localhost:3000 …
// After each address comes the host that the workshop is told by that proxy. The page loads, its lab shows bytes, its
// check runs, and nothing asks for another port.
import { withBrowser, must, pageOf, starts } from './browser.mjs';

const [, , ...proxies] = process.argv;

async function visit(browser, book, host) {
  const context = await browser.newContext();
  const tab = await context.newPage();
  const { origin, search } = new URL(book);
  const said = [];
  tab.on('pageerror', (error) => said.push(error.message));
  tab.on('console', (message) => said.push(message.text()));
  const isOurs = (url) => new URL(url).host === new URL(origin).host;
  tab.on('request', (request) => isOurs(request.url()) || said.push(`asked ${request.url()}`));
  tab.on('websocket', (socket) => isOurs(socket.url()) || said.push(`asked ${socket.url()}`));

  await tab.goto(pageOf(book, '05-reply.html'));
  must(tab.url() === `${origin}/05-reply.html`, `the secret stays in the address: ${tab.url()}`);
  const lab = tab.locator('section.lab');
  await starts(lab);
  await lab.locator('.lab-connect').click();
  await lab.locator('.lab-status', { hasText: 'onopen' }).waitFor();
  await lab.locator('.lab-send').click();
  await lab.locator('.unit[data-kind="frame"][data-from="server"][data-text="Li Jing"]').waitFor();
  const head = await lab.locator('.unit[data-kind="request head"]').first().innerText();
  must(head.includes(`Host ${host}`), `the head is not that of the proxy:\n${head}`);
  must(!head.includes(search.split('=')[1]), `the secret is shown:\n${head}`);

  await tab.goto(`${origin}/01-listen.html`);
  const check = tab.locator('section.check');
  await check.locator('.check-start').click();
  await check.locator('.check-start', { hasText: 'Check my server' }).waitFor();
  const text = await check.locator('.check-text').innerText();
  must(text.includes('● 01 takes a connection'), text);
  must(said.length === 0, said.join('\n'));
  await context.close();
  console.log(`${origin}: the desk works`);
}

// Without the secret, a browser is told what to do.
async function stranger(browser, book) {
  const context = await browser.newContext();
  const tab = await context.newPage();
  const response = await tab.goto(`${new URL(book).origin}/05-reply.html`);
  must(response.status() === 403, `a stranger gets ${response.status()}`);
  await tab.locator('h1', { hasText: 'Open the address of the terminal' }).waitFor();
  await context.close();
}

await withBrowser(async (browser) => {
  for (let i = 0; i < proxies.length; i += 2) {
    await stranger(browser, proxies[i]);
    await visit(browser, proxies[i], proxies[i + 1]);
  }
});
