// Each chapter's lab in a real browser: node labs.mjs http://127.0.0.1:3000/?token=… 127.0.0.1:4000 01-listen …
// The second address is that of a server that runs, an echo; so is the project that the workshop was told.
// What the lab shows must equal what DevTools saw cross the wire.
import { withBrowser, must, pageOf, starts } from './browser.mjs';
import { mustBeFair } from './fair.mjs';

const [, , book, server, ...chapters] = process.argv;
const TEXTS = ['Li Jing', '李静, héllo', 'x'.repeat(200)];

// What DevTools reports of the page's WebSockets: the payload of each frame, in order. Firefox reports none to its driver, so
// there the page itself tells what it gives to its WebSockets and gets from them.
async function witness(tab) {
  const seen = { sent: [], received: [] };
  if (process.env.FIREFOX) {
    await tab.exposeFunction('saw', (kind, payload) => seen[kind].push(payload));
    await tab.addInitScript(() => {
      window.WebSocket = class extends WebSocket {
        constructor(url) {
          super(url);
          this.tells = String(url).endsWith('/chat');
          this.addEventListener('message', ({ data }) => this.tells && window.saw('received', data));
        }

        send(data) {
          if (this.tells) window.saw('sent', data);
          super.send(data);
        }
      };
    });
    return seen;
  }
  tab.on('websocket', (socket) => {
    // The workshop tells its news over others.
    if (!socket.url().endsWith('/chat')) return;
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
  const seen = await witness(tab);
  await tab.goto(pageOf(book, `${slug}.html`));
  const lab = tab.locator('section.lab');
  return { tab, lab, said, seen };
}

// Chapters 01 and 02: the raw request, and what the server's terminal shows of it.
async function raw({ lab }) {
  await lab.locator('.lab-raw-send').click();
  await lab.locator('.unit[data-kind="request head"][data-complete="true"]').waitFor();
  await lab.locator('.lab-terminal li', { hasText: 'GET /chat HTTP/1.1' }).first().waitFor();
}

async function connect({ lab }) {
  await lab.locator('.lab-connect:enabled').click();
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

// RSV1 says that a message is compressed.
function isCompressed(hex) {
  return (parseInt(hex.slice(0, 2), 16) & 0x40) !== 0;
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
  // What came compressed was inflated twice, here and in the browser, and both say the same. Each client has a window of
  // its own, so nothing is shared.
  const plain = frames.filter((frame) => !isCompressed(frame.hex));
  must(plain.length === 0 || plain.length === frames.length, 'some frames came compressed, and some did not');
  plain.forEach((frame) => must(payload(frame.hex) === frame.text, `${frame.hex} is not ${frame.text}`));
  if (plain.length === 0) return;
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

const said = ({ lab }, text) => lab.locator('.lab-status', { hasText: text }).waitFor();

// Texts to try, and how many bytes a message has.
async function measures({ lab }) {
  const count = () => lab.locator('.lab-count').first().innerText();
  const texts = lab.locator('.lab-texts').first();
  const cases = { '李静': '6 bytes', 'an emoji': '4 bytes', '125 bytes': '125 bytes', '126 bytes': '126 bytes', '1,500 bytes': '1,500 bytes', '65,536 bytes': '65,536 bytes' };
  for (const [name, bytes] of Object.entries(cases)) {
    await texts.selectOption(name);
    must((await count()) === bytes, `${name} has ${await count()}`);
  }
  await lab.locator('.lab-message').first().fill('é');
  must((await count()) === '2 bytes', `é has ${await count()}`);
  must((await texts.inputValue()) === '', 'what is typed is my own text');
  await lab.locator('.lab-message').first().fill('x');
  must((await count()) === '1 byte', `x has ${await count()}`);
}

// How far a byte's two digits are from those beside it, as a part of a digit's width.
function room(byte) {
  const digits = document.createRange();
  digits.selectNodeContents(byte);
  const { width } = digits.getBoundingClientRect();
  return (byte.getBoundingClientRect().width - width) / (width / 2);
}

// At 1920 and 200 %, the newest frame, and what it takes to send the next one, are in view; Escape leaves.
async function fills({ lab, tab }) {
  const before = tab.viewportSize();
  await tab.setViewportSize({ width: 960, height: 540 });
  await lab.locator('.lab-full').click();
  await lab.locator('.lab-full', { hasText: 'Leave' }).waitFor();
  const sends = lab.locator('.lab-send');
  for (let i = 0; i < (await sends.count()); i += 1) {
    const known = await lab.locator('.unit').count();
    await lab.locator('.lab-message').nth(i).fill('Li Jing');
    await sends.nth(i).click();
    await lab.locator('.unit').nth(known).waitFor();
  }
  const places = await lab.evaluate((section) => {
    const units = section.querySelector('.lab-units');
    const terminal = section.querySelector('.lab-terminal');
    const newest = units.lastElementChild.getBoundingClientRect();
    const [one, other] = [units, terminal].map((list) => list.getBoundingClientRect());
    const isAtEnd = (list) => list.scrollHeight - list.scrollTop - list.clientHeight < 20;
    return {
      isHigh: section.scrollHeight > window.innerHeight,
      isNewest: newest.bottom > one.top && newest.top < one.bottom && one.bottom <= window.innerHeight,
      isAtEnd: isAtEnd(units) && isAtEnd(terminal),
      isBeside: Math.abs(one.top - other.top) < 2 && other.left >= one.right,
      tools: Math.round(one.top),
      columns: getComputedStyle(section.querySelector('.cells')).gridTemplateColumns.split(' ').length,
    };
  });
  const { isHigh, isNewest, isAtEnd, isBeside, tools, columns } = places;
  await mustBeFair(tab, 'the lab on all of the screen', 'section.lab');
  must(!isHigh && isNewest && isAtEnd && isBeside && tools < 260 && columns === 8, `full screen: ${JSON.stringify(places)}`);
  for (const width of [960, 1280, 1920, 2560]) {
    await tab.setViewportSize({ width, height: (width * 9) / 16 });
    const apart = await lab.locator('.unit button.byte').last().evaluate(room);
    must(apart > 0.5, `on a full screen of ${width} pixels, ${apart} of a letter's width is between two bytes`);
  }
  await tab.keyboard.press('Escape');
  await lab.locator('.lab-full', { hasText: /^Full screen$/ }).waitFor();
  await tab.setViewportSize(before);
}

// A message that is sent can be seen, wherever the wire was scrolled to, and with what sends the next one.
async function shows({ lab, tab }) {
  const last = (lab) => lab.locator('.lab-send').last();
  await lab.locator('.lab-units').evaluate((units) => (units.scrollTop = 0));
  const known = await lab.locator('.unit').count();
  await lab.locator('.lab-message').last().fill('Li Jing');
  await last(lab).click();
  await lab.locator('.unit').nth(known).waitFor();
  // The page scrolls smoothly.
  await lab.evaluate(
    (section) =>
      new Promise((resolve, reject) => {
        const box = (one) => one.getBoundingClientRect();
        const [units, message, send] = ['.lab-units', '.lab-message', '.lab-send'].map((name) => section.querySelector(name));
        const isShown = () => {
          const [list, newest] = [box(units), box(units.lastElementChild)];
          return box(send).top >= 0 && newest.bottom > list.top && newest.top < list.bottom && list.bottom <= window.innerHeight + 1;
        };
        if (Math.abs(box(message).top - box(send).top) > 8) reject(new Error('the button is not beside its message'));
        const look = setInterval(() => isShown() && resolve(clearInterval(look)), 50);
        setTimeout(() => reject(new Error(`the message is not in view: ${JSON.stringify([box(send), box(units)])}`)), 10_000);
      }),
  );
}

// What ends says so at once, and nothing that comes later hides it.
async function ends(page, isCrowd) {
  const { lab } = page;
  const connection = lab.locator('.lab-connection').first();
  const told = isCrowd ? connection.locator('.lab-said') : lab.locator('.lab-status');
  await connection.locator('.lab-connect').click();
  await told.filter({ hasText: 'It waits for the answer of the server' }).or(told.filter({ hasText: 'onclose fired' })).waitFor();
  await connection.locator('.lab-connect', { hasText: /^Connect$/ }).waitFor();
  await lab.locator('.lab-start').click();
  await said(page, 'The server is stopped.');
  if (isCrowd) await connection.locator('legend', { hasText: /^connection 1$/ }).waitFor();
  await starts(lab);
  await lab.locator('.lab-connect:enabled').first().click();
  await told.filter({ hasText: 'onopen' }).waitFor();
  if (isCrowd) await connection.locator('legend', { hasText: /^connection 1: client 1$/ }).waitFor();
  await lab.locator('.lab-start').click();
  await said(page, 'The server is stopped.');
}

// A request that waits behind a connection says so.
async function waits(page) {
  await page.lab.locator('.lab-raw-tools').evaluate((tools) => (tools.open = true));
  await page.lab.locator('.lab-raw-send').click();
  await said(page, 'A server that takes one client after another takes this one when the open connection ends.');
}

// Bytes that a figure sends wait in the raw request, and the next key sends them.
async function takes({ lab, tab }, isOpen) {
  const focused = () => tab.evaluate(() => document.activeElement.className);
  await lab.evaluate((section) => section.dispatchEvent(new CustomEvent('bytes', { detail: 'GET / HTTP/1.1\n\n' })));
  must((await lab.locator('.lab-raw').inputValue()) === 'GET / HTTP/1.1\n\n', 'the bytes are in the raw request');
  must((await focused()) === (isOpen ? 'lab-raw-send' : 'lab-start'), `${await focused()} has the focus`);
  await said({ lab }, isOpen ? 'send them' : 'start the server first');
}

// What was sent is behind its request, and has to be seen; on a telephone, the recording is as long as it is, and no place
// in which a finger is caught.
async function onPhone(browser, slug) {
  const tab = await browser.newPage({ viewport: { width: 360, height: 740 } });
  await tab.goto(pageOf(book, `${slug}.html`));
  const lab = tab.locator('section.lab');
  const caught = await lab.locator('.lab-units, .lab-terminal').evaluateAll((all) => all.filter((one) => one.scrollHeight > one.clientHeight + 1).map(({ className }) => className));
  must(caught.length === 0, `${caught} is scrolled by itself`);
  const lines = Array.from({ length: 30 }, (_, i) => `X-${i}: ${'x'.repeat(60)}`);
  await lab.evaluate((section, detail) => section.dispatchEvent(new CustomEvent('bytes', { detail })), lines.join('\n'));
  const left = await lab.locator('.lab-raw').evaluate((text) => text.scrollHeight - text.clientHeight - text.scrollTop);
  must(left < 5, `the last line of the raw request is ${left} pixels below what is seen`);
  await tab.close();
}

async function comesFromAnotherPage(browser) {
  const tab = await browser.newPage();
  await tab.goto(pageOf(book, '00-wire.html'));
  await tab.evaluate(() => {
    sessionStorage.setItem(ON_THE_WAY, '\\x81');
    location.href = '05-reply.html#lab';
  });
  const lab = tab.locator('section.lab#lab');
  await said({ lab }, 'start the server first');
  must((await lab.locator('.lab-raw').inputValue()) === '\\x81', 'the bytes of another page');
  await tab.close();
}

async function own(browser, slug, choose, wanted) {
  const page = await open(browser, slug);
  await choose(page.lab);
  if (wanted) {
    await page.lab.locator('.lab-start').click();
    return said(page, wanted);
  }
  await starts(page.lab);
  await connect(page);
  await say(page, true);
  await page.tab.close();
}

await withBrowser(async (browser) => {
  let echo;
  for (const slug of chapters) {
    const page = await open(browser, slug);
    // What a chapter's server can do, the page says itself.
    const { first, clients, hears, prepared } = await page.lab.evaluate((lab) => ({ ...lab.dataset }));
    const fair = (state) => mustBeFair(page.tab, `the lab of ${slug}, ${state}`, 'section.lab');
    await takes(page, false);
    await fair('not started, with bytes of a figure');
    await page.lab.locator('.lab-raw').fill(await page.lab.getAttribute('data-request'));
    await starts(page.lab);
    if (first === 'raw') {
      await raw(page);
      await takes(page, true);
      await fair('with a raw request');
    } else {
      const isCrowd = clients !== '1';
      if (isCrowd) await crowd(page, hears === 'all');
      else await connect(page);
      if (!isCrowd) await say(page, hears === 'itself');
      if (prepared === 'hixie76') await hixie76(page);
      await lights(page);
      await fair('with what was said, and a light');
      await measures(page);
      await shows(page);
      await fills(page);
      if (!isCrowd) await waits(page);
      await ends(page, isCrowd);
      await fair('when all has ended');
      if (!isCrowd && hears === 'itself') echo = slug;
    }
    must(page.said.length === 0, page.said.join('\n'));
    await page.tab.close();
    console.log(`${slug}: the lab works`);
  }
  await comesFromAnotherPage(browser);
  await onPhone(browser, echo);
  const port = server.split(':')[1];
  await own(browser, echo, (lab) => lab.locator('.address').fill(server));
  await own(browser, echo, (lab) => lab.locator('.address').fill(`localhost:${port}`));
  await own(browser, echo, (lab) => lab.locator('.address').fill('here'), 'write it like 4000');
  await own(browser, echo, (lab) => lab.locator('.address').fill('127.0.0.1:1'), 'start your server first');
  console.log('a server that runs: the lab works');
  await own(browser, echo, (lab) => lab.locator('label', { hasText: 'my project' }).click());
  console.log('my project: the lab works');
});
