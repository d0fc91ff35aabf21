// Each chapter's lab in a real browser: node labs.mjs http://127.0.0.1:3000/?token=… 127.0.0.1:4000 01-listen …
// The second address is that of a server of the reader's own, an echo.
// What the lab shows must equal what DevTools saw cross the wire.
import { withBrowser, must, pageOf } from './browser.mjs';

const [, , book, own, ...chapters] = process.argv;
const TEXTS = ['Li Jing', '李静, héllo', 'x'.repeat(200)];

// What DevTools reports of the page's WebSockets: the payload of each frame, in order.
function witness(tab) {
  const seen = { sent: [], received: [] };
  tab.on('websocket', (socket) => {
    socket.on('framesent', ({ payload }) => seen.sent.push(String(payload)));
    socket.on('framereceived', ({ payload }) => seen.received.push(String(payload)));
  });
  return seen;
}

// The whole frames that the lab shows from one side.
function shown(lab, from) {
  const units = lab.locator(`.unit[data-kind="frame"][data-from="${from}"][data-complete="true"]`);
  return units.evaluateAll((all) => all.map((unit) => ({ ...unit.dataset })));
}

// Unmasks the bytes that the lab shows, by hand: the lab's own text is compared too.
function payload(hex) {
  const bytes = hex.split(' ').map((digits) => parseInt(digits, 16));
  const short = bytes[1] & 0x7f;
  const at = short === 126 ? 4 : 2;
  const masked = bytes[1] & 0x80;
  const key = masked ? bytes.slice(at, at + 4) : [0, 0, 0, 0];
  const body = bytes.slice(at + (masked ? 4 : 0)).map((byte, i) => byte ^ key[i % 4]);
  return new TextDecoder().decode(Uint8Array.from(body));
}

async function open(browser, slug) {
  const tab = await browser.newPage();
  const said = [];
  tab.on('pageerror', (error) => said.push(error.message));
  await tab.goto(pageOf(book, `${slug}.html`));
  const lab = tab.locator('section.lab');
  return { tab, lab, said, seen: witness(tab) };
}

// Chapters 01 and 02: the raw request, and what the server's terminal shows of it.
async function raw({ lab }) {
  await lab.locator('.lab-raw-send').click();
  await lab.locator('.unit[data-kind="request head"][data-complete="true"]').waitFor();
  await lab.locator('.lab-terminal li', { hasText: 'GET /chat HTTP/1.1' }).first().waitFor();
}

async function connect({ lab }) {
  await lab.locator('.lab-connect').click();
  await lab.locator('.unit[data-kind="response head"][data-complete="true"]').waitFor();
  await lab.locator('.lab-status', { hasText: 'onopen' }).waitFor();
}

async function say({ lab, seen }, echoes) {
  for (const [i, text] of TEXTS.entries()) {
    await lab.locator('.lab-message').fill(text);
    await lab.locator('.lab-send').click();
    const side = echoes ? 'server' : 'client';
    const frames = lab.locator(`.unit[data-kind="frame"][data-from="${side}"][data-complete="true"]`);
    await frames.nth(i).waitFor();
  }
  const sides = echoes ? ['client', 'server'] : ['client'];
  for (const side of sides) {
    const frames = await shown(lab, side);
    const told = side === 'client' ? seen.sent : seen.received;
    must(frames.length === TEXTS.length, `${frames.length} frames of the ${side} are shown`);
    frames.forEach((frame, i) => {
      must(frame.text === told[i], `the lab shows ${frame.text}, DevTools ${told[i]}`);
      must(payload(frame.hex) === told[i], `the lab's bytes ${frame.hex} are not ${told[i]}`);
    });
    must(JSON.stringify(told) === JSON.stringify(TEXTS), `DevTools saw ${JSON.stringify(told)}`);
  }
}

// Chapters 06 and later: three clients side by side. Each says a text; who hears it, depends.
async function crowd({ lab, seen }, isRoom) {
  await lab.locator('.lab-connect-all').click();
  const connections = lab.locator('.lab-connection');
  for (let i = 0; i < 3; i += 1) {
    await connections.nth(i).locator('.lab-said', { hasText: 'onopen' }).waitFor();
    await connections.nth(i).locator('legend', { hasText: `client ${i + 1}` }).waitFor();
  }
  for (const [i, text] of TEXTS.entries()) {
    const connection = connections.nth(i);
    await connection.locator('.lab-message').fill(text);
    await connection.locator('.lab-send').click();
    const listeners = isRoom ? [0, 1, 2] : [i];
    for (const at of listeners) {
      await connections.nth(at).locator('.lab-said', { hasText: JSON.stringify(text) }).waitFor();
      const frames = lab.locator(`.unit[data-kind="frame"][data-from="server"][data-client="${at + 1}"]`);
      await frames.nth(isRoom ? i : 0).waitFor();
    }
  }
  const frames = await shown(lab, 'server');
  const told = frames.map((frame) => frame.text);
  must(frames.length === TEXTS.length * (isRoom ? 3 : 1), `${frames.length} frames of the server are shown`);
  must(JSON.stringify(told) === JSON.stringify(seen.received), `the lab shows ${told}, DevTools ${seen.received}`);
  frames.forEach((frame) => must(payload(frame.hex) === frame.text, `${frame.hex} is not ${frame.text}`));
  const shared = await lab.locator('.unit-shared', { hasText: 'for 3 clients' }).count();
  must(shared === (isRoom ? 9 : 0), `${shared} frames are marked as shared`);
}

// A request of Hixie-76, byte for byte: its message arrives in the frames of today, and in one of its own.
async function hixie76({ lab }) {
  await lab.locator('.lab-raw-send').click();
  await lab.locator('.unit[data-kind="challenge"][data-from="server"][data-complete="true"]').waitFor();
  await lab.locator('.unit[data-kind="older frame"][data-from="server"][data-text="Li Jing"]').waitFor();
  const heard = lab.locator('.unit[data-kind="frame"][data-from="server"][data-text="Li Jing"]');
  // Three of them were there before: the first text is the same.
  await heard.nth(5).waitFor();
}

// To point at a name lights up its bytes, and to point at a byte its names; with the keyboard too.
async function lights({ lab, tab }) {
  const frame = lab.locator('.unit[data-kind="frame"][data-from="client"]').first();
  const lit = (what) => frame.locator(`${what}.lit`).allInnerTexts();
  await frame.locator('.part', { hasText: /^masking-key/ }).hover();
  must((await lit('.byte')).length === 4, 'the masking-key lights up four bytes');
  // What scrolls under a pointer that rests would be pointed at.
  await tab.mouse.move(0, 0);
  await frame.locator('.part', { hasText: /^opcode/ }).focus();
  must((await lit('.byte')).length === 1, 'the opcode lights up one byte');
  await frame.locator('.byte').first().focus();
  must((await lit('.part')).join().includes('FIN'), 'the first byte lights up its names');
  await frame.locator('.byte').first().press('ArrowRight');
  must((await lit('.part')).join().includes('MASK'), 'the arrow key goes to the second byte');
  await frame.locator('.byte.lit').press('PageUp');
  const before = lab.locator('.unit', { has: tab.locator('.byte.lit') });
  must((await before.getAttribute('data-kind')) !== null, 'Page Up goes to another message');

  // Tab reaches one byte and one name of all that was said, however much it was.
  const stops = await lab.locator('.lab-units').evaluate((units) => [...units.querySelectorAll('button')].filter(({ tabIndex }) => tabIndex === 0).length);
  must(stops >= 2 && stops <= 3, `${stops} stops of the Tab key`);

  // A name of a head finds its bytes, however far they are, and they can be seen.
  const head = lab.locator('.unit[data-kind="request head"]').first();
  await head.locator('.part', { hasText: /^Sec-WebSocket-(Key|Key1|Version)/ }).first().focus();
  const seen = await head.evaluate((unit) => {
    const lit = [...unit.querySelectorAll('.byte.lit')];
    const rows = unit.querySelector('.unit-bytes').getBoundingClientRect();
    const first = lit[0]?.getBoundingClientRect();
    return { count: lit.length, isSeen: first && first.top >= rows.top - 1 && first.bottom <= rows.bottom + 1 };
  });
  must(seen.count > 20 && seen.isSeen, `the bytes of a field far behind: ${JSON.stringify(seen)}`);
}

await withBrowser(async (browser) => {
  let echo;
  for (const slug of chapters) {
    const page = await open(browser, slug);
    // What a chapter's server can do, the page says itself.
    const { first, clients, hears, prepared } = await page.lab.evaluate((lab) => ({ ...lab.dataset }));
    await page.lab.locator('.lab-start').click();
    if (first === 'raw') {
      await raw(page);
    } else if (clients === '1') {
      await connect(page);
      await say(page, hears === 'itself');
      await lights(page);
      if (hears === 'itself') echo = slug;
    } else {
      await crowd(page, hears === 'all');
      if (prepared === 'hixie76') await hixie76(page);
      await lights(page);
    }
    must(page.said.length === 0, page.said.join('\n'));
    await page.tab.close();
    console.log(`${slug}: the lab works`);
  }
  const page = await open(browser, echo);
  await page.lab.locator('.address').fill(own);
  await page.lab.locator('.lab-start').click();
  await connect(page);
  await say(page, true);
  console.log('my own server: the lab works');
});
