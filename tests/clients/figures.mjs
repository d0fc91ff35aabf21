// The figures of every page in a real browser: node figures.mjs http://127.0.0.1:3000/?token=…
// What was recorded comes alive: names and bytes light each other up, there is a way through all events, what is copied is
// what was recorded, and nothing is cut on a telephone.
import { withBrowser, must, pageOf, pagesOf } from './browser.mjs';
import { mustBeFair } from './fair.mjs';

const [, , book] = process.argv;
const NARROW = 360;
const SHIFT = 0.05; // how much of what is in view may move while the page comes alive

// Opens a page, and its answers: there are figures in some.
async function open(tab, page, width) {
  await tab.setViewportSize({ width, height: 900 });
  await tab.goto(pageOf(book, page));
  await tab.evaluate(() => document.querySelectorAll('details').forEach((answer) => (answer.open = true)));
  await drawn(tab);
}

// A figure takes another form in the frame after that in which its room changes.
const drawn = (tab) => tab.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

// What is wrong with a figure that has come alive. All of it happens within the page: there are some hundred buttons.
function examine(figure) {
  const wrong = [];
  const must = (holds, message) => holds || wrong.push(message);
  const { events, printed, before } = recordingOf(figure.querySelector('.figure-recording'));
  const units = events.filter(({ type }) => type === 'unit');
  const items = [...figure.querySelectorAll('.unit')];
  const isSeen = (one) => one.checkVisibility({ visibilityProperty: true });

  // Each name lights exactly its bytes, and each byte of them that name; a tap keeps the light until the next one.
  function lights({ unit }, item) {
    const point = (target, kind) => target.dispatchEvent(new MouseEvent(kind, { bubbles: true }));
    const [bytes, names] = ['.byte', '.part'].map((kind) => [...item.querySelectorAll(kind)]);
    const lit = (all) => String(all.flatMap((one, i) => (one.classList.contains('lit') ? [i] : [])));
    const seen = new Set();
    for (const part of unit.parts) {
      const own = [...bytes.keys()].filter((byte) => part.start <= unit.start + byte && unit.start + byte < part.end);
      const name = names.findIndex((name, i) => name.textContent.startsWith(part.name) && !seen.has(i));
      seen.add(name);
      point(names[name], 'mouseover');
      must(lit(bytes) === String(own), `${part.name} lights ${lit(bytes)}, and not ${own}`);
      must(lit(names) === String(name), `${part.name} lights the names ${lit(names)}`);
      point(names[name], 'mouseout');
      if (own.length === 0) continue;
      point(bytes[own[0]], 'mouseover');
      must(lit(names).split(',').includes(String(name)), `its first byte does not light ${part.name}`);
      point(bytes[own[0]], 'mouseout');
    }
    must(lit([...bytes, ...names]) === '', 'a light stays on');
    if (names.length === 0) return;
    names[0].click();
    must(lit(names) === '0', 'a tap does not keep its light');
    figure.querySelector('figcaption').click();
    must(lit(names) === '', 'the next tap does not end the light');
  }

  // The way through: every event is shown once, alone, with the line that the server printed of it.
  function walks() {
    const terminal = events.some(({ type }) => type === 'line') ? 1 : 0;
    const steps = events.filter(({ type }) => type !== 'line').length + terminal;
    if (steps < 2) {
      must(!figure.querySelector('.walk'), 'one event has a way through');
      return;
    }
    const next = figure.querySelector('.walk-next');
    const said = figure.querySelector('.walk-place');
    const height = figure.offsetHeight;
    let room;
    for (let step = 1; step <= steps; step += 1) {
      next.click();
      must(said.textContent.startsWith(`${step} of ${steps}`), `step ${step} of ${steps} is called ${said.textContent}`);
      const places = [...figure.querySelectorAll(':is(.unit, .closed, .figure-terminal)')];
      const now = places[step - 1];
      must(isSeen(now) && places.every((one) => one.matches('.now') === (one === now)), `step ${step} is not the one that is shown`);
      const others = [...figure.querySelectorAll('.byte')].filter((byte) => isSeen(byte) && !now.contains(byte));
      must(others.length === 0, `step ${step} shows ${others.length} bytes of another one`);
      room ??= figure.offsetHeight;
      must(figure.offsetHeight === room && room >= height, `at step ${step} it is ${figure.offsetHeight} pixels high, at the first ${room}, and ${height} before`);
      const line = now.querySelector('.unit-printed')?.textContent;
      const told = printed[step - 1];
      must(told ? line?.endsWith(told) : line === undefined, `step ${step} prints ${line}, and not ${told}`);
    }
    next.click();
    must(said.textContent === `all ${steps}`, 'behind the last step, not all is shown');
    must(!figure.querySelector('.past, .coming, .now'), 'something is left out');
  }

  // For those who read from byte to byte: each is called by its digits, and described by the names that it has.
  function isCalledShortly({ unit }, item) {
    const bytes = unit.hex.split(' ');
    item.querySelectorAll('.byte').forEach((byte, i) => {
      const at = unit.start + i;
      const names = unit.parts.filter((part) => part.start <= at && at < part.end).map(({ name }) => name);
      const ids = byte.getAttribute('aria-describedby')?.split(' ') ?? [];
      const described = ids.map((id) => document.getElementById(id));
      must(byte.textContent === bytes[i] && !byte.hasAttribute('aria-label'), `byte ${i} is called ${byte.getAttribute('aria-label')}`);
      must(described.length === names.length && described.every((one, i) => item.contains(one) && one.textContent.startsWith(names[i])), `byte ${i} is not described by ${names}`);
    });
  }

  // What is copied is the recording's bytes, behind the side that sent them, as the instrument takes it.
  function copies({ from, unit }, item) {
    let copied;
    navigator.clipboard.writeText = async (text) => (copied = text);
    item.querySelector('.unit-copy').click();
    must(copied === `${from} ${unit.hex}`, `this was copied: ${copied}`);
  }

  // What a lab gets: all that the client had sent, and no server's bytes.
  function sends({ client, from, unit }, item) {
    const button = item.querySelector('.unit-send');
    const isMine = (one) => one.client === client && one.from === 'client' && one.unit.start <= unit.start;
    const isKept = before[client] !== undefined && units.filter(isMine).every((one) => one.unit.omitted === 0);
    must((button !== null) === (from === 'client' && isKept), 'a lab can be sent what it should not, or not what it should');
    const lab = document.querySelector('section.lab');
    if (!button || !lab) return;
    let text = '';
    const hear = (event) => {
      event.stopImmediatePropagation();
      text = event.detail;
    };
    lab.addEventListener('bytes', hear, { capture: true, once: true });
    button.click();
    const mine = units.filter(isMine).map((one) => one.unit.hex.replaceAll(' ', ''));
    must(rawBytes(text) === before[client] + mine.join(''), `the lab gets ${text}`);
  }

  // The bytes of a raw request, as the workshop reads them.
  function rawBytes(text) {
    const digitsOf = (letter) => letter.charCodeAt(0).toString(16).padStart(2, '0');
    return text.replace(/\\x([0-9a-f]{2})|[^]/g, (all, digits) => digits ?? (all === '\n' ? '0d0a' : digitsOf(all)));
  }

  must(figure.matches('.live') && !isSeen(figure.querySelector('pre')), 'it is text');
  must(items.length === units.length, `it shows ${items.length} of ${units.length} units`);
  units.forEach((event, i) => [lights, isCalledShortly, copies, sends].forEach((look) => look(event, items[i])));
  walks();
  return wrong.map((fault) => `${figure.id}: ${fault}`);
}

// Of both shapes of a drawing, one is there; nothing is wider than its column.
async function cut(tab, page, figures) {
  const wrong = await tab.evaluate((figures) => {
    const wide = [...document.querySelectorAll(`${figures}, ${figures} *`)].filter((one) => {
      if (one.closest('svg') && one.tagName !== 'svg') return false;
      const { right, width } = one.getBoundingClientRect();
      const isHidden = width <= 1 || getComputedStyle(one).display === 'inline';
      const edge = one.closest('figure').getBoundingClientRect().right;
      return !isHidden && (right > edge + 1 || one.scrollWidth > one.clientWidth + 1);
    });
    const drawings = [...document.querySelectorAll('figure.drawing')].filter((one) => [...one.querySelectorAll('svg')].filter((svg) => svg.checkVisibility()).length !== 1);
    return [...wide, ...drawings].map((one) => `${one.closest('figure').id} ${one.tagName}.${one.getAttribute('class')}`);
  }, figures);
  return [...new Set(wrong)].map((one) => `${page} is cut at ${one}`);
}

// How much of what was in view has moved while the page came alive. Fonts move it too, earlier or later: they are left out.
async function shift(context, page) {
  const tab = await context.newPage();
  await tab.route('**/*.woff2', (font) => font.abort());
  await tab.addInitScript(() => {
    window.shifted = 0;
    new PerformanceObserver((list) => list.getEntries().forEach(({ value }) => (window.shifted += value))).observe({ type: 'layout-shift', buffered: true });
  });
  await tab.goto(pageOf(book, page), { waitUntil: 'load' });
  await drawn(tab);
  const shifted = await tab.evaluate(() => window.shifted);
  await tab.close();
  return shifted;
}

// By keyboard, and where nothing may be copied.
async function byHand(tab) {
  await tab.setViewportSize({ width: 1280, height: 900 });
  await tab.goto(pageOf(book, '05-reply.html#fig-05-reply-echo-3-4'));
  const figure = tab.locator('#fig-05-reply-echo-3-4');
  const { top, height } = await figure.evaluate((one) => ({ top: one.getBoundingClientRect().top, height: innerHeight }));
  must(top >= 0 && top < height / 2, `the link of a figure shows it: its top is at ${top}`);
  await figure.locator('.walk-next').press('Enter');
  await tab.keyboard.press('ArrowRight');
  must(tab.url().includes('05-reply'), 'an arrow key does not turn the page');
  await figure.locator('.now .part', { hasText: /^masking-key/ }).focus();
  must((await figure.locator('.byte.lit').count()) === 4, 'a name that has the focus lights its bytes');
  await mustBeFair(tab, 'a figure at a step, with a light', '#fig-05-reply-echo-3-4');
  await figure.locator('.now .byte').first().focus();
  await tab.keyboard.press('ArrowRight');
  must((await figure.locator('.part.lit').allInnerTexts()).join().includes('MASK'), 'an arrow key goes to the next byte');
  await figure.locator('.now .unit-copy').click();
  await figure.locator('.now .unit-said', { hasText: 'copied' }).waitFor();
  const bytes = 'client 81 87 37 fa 21 3d 7b 93 01 77 5e 94 46';
  must((await tab.evaluate(() => navigator.clipboard.readText())) === bytes, 'the clipboard has the bytes');
  await tab.evaluate(() => (navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed'))));
  await figure.locator('.now .unit-copy').click();
  await figure.locator('.now .unit-said', { hasText: 'selected' }).waitFor();
  const selected = await tab.evaluate(() => getSelection().toString());
  must(selected === bytes, `selected: ${selected}`);
  await mustBeFair(tab, 'a figure whose bytes are selected', '#fig-05-reply-echo-3-4');
}

await withBrowser(async (browser) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, permissions: ['clipboard-read', 'clipboard-write'] });
  const tab = await context.newPage();
  const said = [];
  tab.on('pageerror', (error) => said.push(error.message));
  const all = await pagesOf(browser, book);
  let count = 0;
  for (const page of all) {
    await open(tab, page, 1280);
    const ids = await tab.locator('[id]').evaluateAll((all) => all.map(({ id }) => id));
    must(new Set(ids).size === ids.length, `${page}: an id is there twice: ${ids.filter((id, i) => ids.indexOf(id) < i)}`);
    const recorded = await tab.locator(':not(.play) > figure.wire:has(> .figure-recording)').all();
    for (const figure of recorded) said.push(...(await figure.evaluate(examine)));
    count += recorded.length;
    // A terminal's long lines may be scrolled where there is room for most of them.
    said.push(...(await cut(tab, page, 'figure:is(.live, .drawing)')));
  }
  for (const page of all) {
    await open(tab, page, NARROW);
    said.push(...(await cut(tab, page, 'figure:is(.wire, .drawing)')));
  }
  await byHand(tab);
  for (const page of all) {
    const moved = await shift(context, page);
    if (moved >= SHIFT) said.push(`${page}: ${moved} of what is in view moves`);
  }
  must(said.length === 0, said.join('\n'));
  must(count >= 50, `only ${count} figures came alive`);
  console.log(`${count} figures are alive`);
});
