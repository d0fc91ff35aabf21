// The frame to play with, in a real browser: node play.mjs http://127.0.0.1:3000/?token=… folder-of-the-static-book
import { pathToFileURL } from 'node:url';
import { withBrowser, must, pageOf } from './browser.mjs';
import { mustBeFair } from './fair.mjs';

const [, , book, folder] = process.argv;
const PAGES = ['00-wire.html', '04-decode.html'];
const NARROW = 360;

const said = [];

async function open(browser, address, width = 1280, options = {}) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, ...options });
  const tab = await context.newPage();
  tab.on('pageerror', (error) => said.push(error.message));
  await tab.goto(address);
  return { tab, play: tab.locator('section.play') };
}

async function mustShow(play, ...wanted) {
  const text = await play.innerText();
  for (const words of wanted) must(text.includes(words), `${words} is not in:\n${text}`);
}

const bit = (play, name) => play.getByRole('button', { name: new RegExp(`^${name}: [01]$`) });
const bytes = (play) => play.locator('.unit').first().getAttribute('data-hex');

async function mustBe(play, hex) {
  const got = await bytes(play);
  must(got.startsWith(hex), `the bytes are ${got.slice(0, 60)} …, and not ${hex}`);
}

async function bitsAndSides(play) {
  await mustBe(play, '81 87 37 fa 21 3d 7b 93 01 77 5e 94 46');
  await mustShow(play, 'this frame keeps all rules', 'payload, masked "Li Jing"');
  await bit(play, 'RSV2').click();
  await mustBe(play, 'a1 87');
  await mustShow(play, '✗ a reserved bit is set, and no extension was agreed on (RFC 6455, section 5.2)');
  await bit(play, 'RSV2').click();
  await bit(play, 'opcode, the bit worth 2').click();
  await mustShow(play, '✗ opcode 3 is reserved');
  await play.getByRole('button', { name: 'Start again' }).click();
  await bit(play, 'MASK').click();
  await mustBe(play, '81 07 4c 69 20 4a 69 6e 67');
  await mustShow(play, "✗ a client's frame must be masked (RFC 6455, section 5.1)");
  await play.getByLabel('a server').check();
  await mustShow(play, 'this frame keeps all rules', 'server → client');
}

async function lengths(play) {
  const payload = play.getByLabel('payload', { exact: true });
  await play.getByRole('button', { name: 'Start again' }).click();
  await payload.fill('x'.repeat(125));
  await mustBe(play, '81 fd');
  await payload.fill('x'.repeat(126));
  await mustBe(play, '81 fe 00 7e');
  must(await play.getByLabel('16 bits').isChecked(), '126 bytes take 16 bits');
  await play.getByLabel('64 bits').check();
  await mustShow(play, '✗ the payload length takes more bytes than it needs');
  await play.getByRole('textbox', { name: 'extended payload length' }).fill('80 00 00 00 00 00 00 7e');
  await mustShow(play, '✗ the first bit of a 64-bit payload length must be 0', 'the receiver waits for 9,223,372,036,854,775,808 bytes more');
  await play.getByRole('textbox', { name: 'extended payload length' }).fill('80');
  await mustShow(play, 'Write 8 bytes, each as two digits');
  await play.getByRole('button', { name: 'Start again' }).click();
  await bit(play, 'payload length, the bit worth 2').click();
  await mustBe(play, '81 85');
  await mustShow(play, 'what is left, 2 bytes, is taken for another frame');
  await play.getByRole('button', { name: '65,536 bytes' }).click();
  await mustBe(play, '81 ff 00 00 00 00 00 01 00 00 37 fa 21 3d');
  await mustShow(play, 'and 65,520 bytes more', 'this frame keeps all rules');
}

async function payloads(play) {
  const payload = play.getByLabel('payload', { exact: true });
  await play.getByRole('button', { name: 'a ping' }).click();
  await payload.fill('x'.repeat(126));
  await mustShow(play, '✗ a control frame has at most 125 bytes of payload');
  await play.getByRole('button', { name: 'a close, 1000' }).click();
  await mustShow(play, 'close code 1000 (normal closure)', 'this frame keeps all rules');
  await play.getByRole('button', { name: 'Start again' }).click();
  await play.getByLabel('hexadecimal', { exact: true }).check();
  await payload.fill('4c c3');
  await mustShow(play, '✗ the text is not UTF-8 (RFC 6455, section 8.1)');
  await play.getByLabel('text', { exact: true }).click();
  await mustShow(play, 'These bytes cannot be typed as text');
  await payload.fill('4c c');
  await mustShow(play, 'Write each byte as two digits');
  await payload.fill('e6 9d 8e');
  await mustShow(play, '李');
  await play.getByLabel('masking-key, in hexadecimal').fill('00 00 00 00');
  await mustBe(play, '81 83 00 00 00 00 e6 9d 8e');
  await play.getByLabel('masking-key, in hexadecimal').fill('00');
  await mustShow(play, 'Write 4 bytes, each as two digits');
  await play.getByRole('button', { name: 'New key' }).click();
  const key = (await bytes(play)).split(' ').slice(2, 6).join(' ');
  must(key !== '00 00 00 00' && (await play.getByLabel('masking-key, in hexadecimal').inputValue()) === key, `a new key: ${key}`);
}

// The keyboard alone: arrow keys among the bits, Tab past them, and neither turns the page.
async function keys(tab, play) {
  await play.getByRole('button', { name: 'Start again' }).click();
  const address = tab.url();
  await bit(play, 'FIN').focus();
  await tab.keyboard.press('ArrowRight');
  await tab.keyboard.press('Space');
  await mustBe(play, 'c1 87');
  await tab.keyboard.press('Tab');
  await tab.keyboard.press('ArrowRight');
  must(await play.getByLabel('16 bits').isChecked(), 'Tab leaves the bits, and an arrow key chooses a form');
  await tab.keyboard.press('Tab');
  await tab.keyboard.press('Tab');
  await tab.keyboard.press('Control+A');
  await tab.keyboard.type('01 02 03 04');
  await mustBe(play, 'c1 fe 00 07 01 02 03 04');
  await play.locator('.unit .byte').first().focus();
  await tab.keyboard.press('ArrowRight');
  must(await play.locator('.part.lit', { hasText: 'MASK' }).isVisible(), 'the second byte lights up its names');
  must(tab.url() === address, `the page was turned: ${tab.url()}`);
}

// With a mistake, so that it has everything.
async function looks(tab, play) {
  await mustBeFair(tab, 'with its light on a byte', 'section.play');
  await bit(play, 'RSV1').click();
  await mustBeFair(tab, 'with a mistake', 'section.play');
}

async function mustBeInLine(line, digits, when) {
  const text = await line.innerText();
  must(text.replace(/\s/g, '').startsWith(digits), `${when}, the line is ${text}`);
}

async function narrow(tab, play) {
  // The bytes are right above the bits, in one line.
  const line = play.locator('.play-line');
  await mustBeInLine(line, '8187', 'at first');
  await bit(play, 'RSV1').click();
  await mustBeInLine(line, 'c187', 'when a bit was flipped');
  const [place, bits] = [await line.boundingBox(), await play.locator('.play-bits').boundingBox()];
  must(place.height < 40 && place.y < bits.y && place.y + 60 > bits.y, `the line is at ${JSON.stringify(place)}, the bits at ${JSON.stringify(bits)}`);
  await play.getByRole('button', { name: '65,536 bytes' }).click();
  await play.getByLabel('hexadecimal', { exact: true }).check();
  await mustBeFair(tab, 'narrow', 'section.play');
  const cut = await play.evaluate((section) => {
    const edge = section.getBoundingClientRect().right;
    return [...section.querySelectorAll('*')].filter((each) => each.getBoundingClientRect().right > edge).map((each) => each.className || each.tagName);
  });
  must(cut.length === 0, `beyond the right edge at ${NARROW} pixels: ${cut.join(', ')}`);
}

await withBrowser(async (browser) => {
  for (const page of PAGES) {
    const { tab, play } = await open(browser, pageOf(book, page));
    await bitsAndSides(play);
    await lengths(play);
    await payloads(play);
    await keys(tab, play);
    await looks(tab, play);
    const phone = await open(browser, pageOf(book, page), NARROW);
    await narrow(phone.tab, phone.play);
  }

  // A page without a lab sends its bytes to the one that has the echo.
  const { tab, play } = await open(browser, pageOf(book, PAGES[0]));
  await play.getByRole('button', { name: 'Send it to a lab' }).click();
  await tab.waitForURL(/05-reply\.html#lab/);

  for (const page of PAGES) {
    const address = `${pathToFileURL(folder)}/${page}`;
    const files = await open(browser, address);
    await bit(files.play, 'RSV1').click();
    await mustShow(files.play, '✗ a reserved bit is set');
    must((await files.play.getByRole('button', { name: 'Send it to a lab' }).count()) === 0, 'files have no lab');
    const bare = await open(browser, address, 1280, { javaScriptEnabled: false });
    await mustShow(bare.play, '37 fa 21 3d', 'masking-key', 'payload, masked "Li Jing"');
    await files.tab.emulateMedia({ media: 'print' });
    await mustShow(files.play, 'payload, masked "Li Jing"');
    must((await files.play.getByRole('button').count()) === 0, 'on paper nothing can be pressed');
  }
  must(said.length === 0, said.join('\n'));
  console.log('the frame can be played with');
});
