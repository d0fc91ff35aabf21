// A browser with the room's own page, by TLS: node secret-browser.mjs https://127.0.0.1:4000 CERTIFICATE
// First the browser does not know the certificate, and shows no page. Then it is told to trust this one, and talks in
// the room.
import { spawn } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import playwright from 'playwright-core';
import WebSocket from 'ws';
import { ARGUMENTS, must } from './browser.mjs';

const [, , url, file] = process.argv;

// Runs in the page: says something when the socket is open, and waits until it is heard.
async function talk() {
  const until = async (seen) => {
    for (;;) {
      const found = seen();
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  await until(() => document.querySelector('#state')?.textContent.includes('handshake successful'));
  document.querySelector('#say input').value = 'Li Jing';
  document.querySelector('#say button').click();
  const lines = () => [...document.querySelectorAll('#log li')].map((line) => line.textContent);
  const line = await until(() => lines().find((text) => text.includes('Li Jing')));
  return `hears ${line}\nsecure: ${window.isSecureContext}`;
}

// Chromium knows a key by the hash of its public half.
async function inChromium(trusts) {
  const { publicKey } = new X509Certificate(readFileSync(file));
  const hash = createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' })).digest('base64');
  const args = trusts ? [...ARGUMENTS, `--ignore-certificate-errors-spki-list=${hash}`] : ARGUMENTS;
  const folder = mkdtempSync(join(tmpdir(), 'secret-'));
  const options = { executablePath: process.env.CHROMIUM, args };
  const context = await playwright.chromium.launchPersistentContext(folder, options);
  try {
    const tab = await context.newPage();
    await tab.goto(url);
    return await tab.evaluate(talk);
  } finally {
    await context.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

// Firefox takes any certificate if a session of WebDriver asks for that, which playwright does not.
async function inFirefox(trusts) {
  const folder = mkdtempSync(join(tmpdir(), 'secret-'));
  const firefox = spawn(process.env.FIREFOX, ['--headless', '--profile', folder, '--remote-debugging-port', '0']);
  const ended = new Promise((resolve) => firefox.once('exit', resolve));
  try {
    const session = await connected(firefox);
    await session('session.new', { capabilities: { alwaysMatch: { acceptInsecureCerts: trusts } } });
    const [{ context }] = (await session('browsingContext.getTree', {})).contexts;
    await session('browsingContext.navigate', { context, url, wait: 'complete' });
    const expression = `(${talk})()`;
    const { result } = await session('script.evaluate', { expression, target: { context }, awaitPromise: true });
    return result.value;
  } finally {
    firefox.kill();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }
}

// A function that sends a command, and waits for its result.
async function connected(firefox) {
  const address = await new Promise((resolve) => {
    createInterface({ input: firefox.stderr }).on('line', (line) => {
      const found = line.match(/WebDriver BiDi listening on (ws:\S+)/);
      if (found) resolve(found[1]);
    });
  });
  const socket = new WebSocket(`${address}/session`);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const waiting = new Map();
  socket.on('message', (data) => {
    const { id, type, result, message } = JSON.parse(data);
    const { resolve, reject } = waiting.get(id) ?? {};
    if (type === 'success') resolve?.(result);
    if (type === 'error') reject?.(new Error(message));
  });
  let last = 0;
  return (method, params) =>
    new Promise((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve, reject });
      socket.send(JSON.stringify({ id: last, method, params }));
    });
}

const visit = process.env.FIREFOX ? inFirefox : inChromium;
setTimeout(() => {
  console.error('120 seconds are over');
  process.exit(1);
}, 120_000).unref();
const refused = await visit(false).then(() => '', (error) => error.message);
must(/cert|issuer|ERR_CERT/i.test(refused), `a certificate that nobody knows: ${refused || 'accepted'}`);
console.log('not trusted: no page');
console.log(await visit(true));
process.exit(0);
