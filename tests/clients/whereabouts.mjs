// Where a reader is: node whereabouts.mjs http://127.0.0.1:3000/?token=… folder-of-the-static-book
// The workshop remembers of its server: all promises of chapter 01, one of 03, three hints in 04, one in 05.
import { pathToFileURL } from 'node:url';
import { withBrowser, must, pageOf, pagesOf } from './browser.mjs';
import { mustBeFair } from './fair.mjs';

const [, , book, folder] = process.argv;
const inFiles = (page) => `${pathToFileURL(folder)}/${page}.html`;
const WIDE = { width: 1440, height: 900 };
const NARROW = { width: 360, height: 740 };

async function opened(context, address, size = WIDE) {
  const tab = await context.newPage();
  tab.on('pageerror', (error) => {
    throw error;
  });
  await tab.setViewportSize(size);
  await tab.goto(address);
  return tab;
}

// The text of what is found, as a reader sees it: in one line.
const textOf = async (locator) => (await locator.innerText()).replace(/\s+/g, ' ').trim();

async function equals(locator, expected) {
  const text = await textOf(locator);
  must(text === expected, `"${text}" and not "${expected}"`);
}

// Waits until the condition holds in the page.
const until = (tab, condition, argument) => tab.waitForFunction(condition, argument, { timeout: 30_000 });

async function titles(context) {
  const tab = await opened(context, pageOf(book, '03-accept.html#accept'));
  await equals(tab.locator('main h1'), '03 Accept');
  must((await tab.title()) === '03 Accept - Frame by Frame', await tab.title());
  must((await tab.locator('main h1').getAttribute('id')) === 'accept', 'links to the title still work');
  await tab.close();
}

async function sections(context) {
  const tab = await opened(context, pageOf(book, '03-accept.html'));
  const list = tab.locator('nav.sections');
  const current = list.locator('a[aria-current="location"]');
  must(await list.locator('a', { hasText: 'Quiz' }).isVisible(), 'in a wide window the list is open');
  must((await current.count()) === 0, 'above the first section none is current');
  await list.locator('a', { hasText: 'Yours' }).click();
  await until(tab, () => document.querySelector('.sections [aria-current]')?.textContent === 'Yours');
  must((await current.count()) === 1, 'one section is current');
  const [beside, text] = [await list.boundingBox(), await tab.locator('main > p').first().boundingBox()];
  must(beside.x > text.x + text.width, 'the list is beside the text');
  must(await list.locator('a', { hasText: 'Yours' }).isVisible(), 'and stays in view');

  await tab.setViewportSize(NARROW);
  await until(tab, () => !document.querySelector('.sections details').open);
  await list.locator('summary').click();
  await list.locator('a', { hasText: 'Quiz' }).click();
  await until(tab, () => location.hash === '#quiz' && !document.querySelector('.sections details').open);
  await tab.close();
}

async function steps(context) {
  const tab = await opened(context, pageOf(book, '02-key.html'));
  const next = tab.locator('.next-step .next');
  await equals(next, 'Next: Chapter 03, Accept The browser waits, and onopen never fires.');
  await equals(tab.locator('.next-step .back'), 'Back: Chapter 01, Listen');
  must(!(await tab.locator('.nav-chapters.next').isVisible()), 'no bare arrow');
  await tab.keyboard.press('ArrowRight');
  await tab.waitForURL('**/03-accept.html');
  await tab.keyboard.press('ArrowLeft');
  await tab.waitForURL('**/02-key.html');
  await tab.close();
}

const figureOf = (tab, page) => tab.locator(`#mdbook-sidebar a[href$="${page}.html"] .progress`);

async function progress(context) {
  const tab = await opened(context, pageOf(book, '03-accept.html'));
  const heights = () => tab.locator('#mdbook-sidebar .chapter-link-wrapper').evaluateAll((all) => all.map((one) => one.offsetHeight));
  await figureOf(tab, '01-listen').waitFor();
  const counts = JSON.parse(await tab.locator('script.chapters').textContent());
  const { promises, questions } = counts[3];
  await equals(figureOf(tab, '03-accept').locator('[aria-hidden]'), `1/${promises + questions}`);
  const link = tab.getByRole('link', { name: `03 Accept (1 of ${promises} promises kept, 0 of ${questions} questions answered)` });
  must((await link.count()) === 1, 'a screen reader hears it in words');
  must((await figureOf(tab, '02-key').count()) === 0, 'where nothing is done nothing is shown');
  const before = await heights();
  await tab.locator('#mdbook-sidebar .progress').evaluateAll((all) => all.forEach((one) => one.remove()));
  must(String(before) === String(await heights()), 'a figure moves nothing');

  // The first answers are remembered, and no other ones.
  const quiz = tab.locator('.quiz').first();
  const [wrong, right] = [quiz.locator('details:not(.correct)').first(), quiz.locator('details.correct')];
  await wrong.locator('summary').click();
  await right.locator('summary').click();
  await until(tab, () => document.querySelector('.quiz-score').textContent === '0 of 1 right at the first try');
  await equals(figureOf(tab, '03-accept').locator('[aria-hidden]'), `2/${promises + questions}`);
  await tab.reload();
  await equals(tab.locator('.quiz-score'), '0 of 1 right at the first try');
  must((await wrong.getAttribute('open')) !== null, 'the first answer is open again');
  must((await right.getAttribute('open')) === null, 'the second is not');

  // Another tab sees it at once.
  const other = await opened(context, pageOf(book, '05-reply.html'));
  await until(other, (text) => document.querySelector('#mdbook-sidebar a[href$="03-accept.html"] .progress')?.innerText.includes(text), `2/${promises + questions}`);
  await other.close();
  await tab.close();
}

// Asks once, and forgets nothing if the reader says no.
async function cleared(context) {
  const tab = await opened(context, pageOf(book, '03-accept.html'));
  const clear = tab.getByRole('button', { name: 'Clear my progress' });
  await figureOf(tab, '01-listen').waitFor();
  tab.once('dialog', (dialog) => dialog.dismiss());
  await clear.click();
  must((await figureOf(tab, '01-listen').count()) === 1, 'nothing was forgotten');
  let asked = 0;
  tab.on('dialog', (dialog) => {
    asked += 1;
    dialog.accept();
  });
  await clear.click();
  await until(tab, () => document.querySelector('.progress') === null && document.querySelector('.progress-clear').hidden);
  must(asked === 1, `asked ${asked} times`);
  await equals(tab.locator('.progress-said'), 'Your progress is cleared.');
  await equals(tab.locator('.quiz-score'), '');
  await tab.reload();
  must((await tab.locator('.quiz details[open]').count()) === 0, 'no answer is remembered');
  await tab.close();
}

async function words(context) {
  const tab = await opened(context, pageOf(book, '03-accept.html'));
  const word = tab.locator('button.word', { hasText: 'close code' }).first();
  const says = tab.locator('#word-close-code');
  must(!(await says.isVisible()), 'nothing is shown unasked');
  await word.hover();
  await says.waitFor();
  must((await textOf(says)).startsWith('Close code. The number in a Close frame'), await textOf(says));
  const [at, shown] = [await word.boundingBox(), await says.boundingBox()];
  must(Math.abs(shown.y - at.y) < at.height + shown.height + 10, 'it is beside the word');
  await word.click();
  must(await says.isVisible(), 'a press keeps what the pointer has shown');
  await tab.mouse.move(5, 5);
  await tab.keyboard.press('Escape');
  await says.waitFor({ state: 'hidden' });

  await word.hover();
  await says.waitFor();
  await tab.mouse.move(700, 10);
  await says.waitFor({ state: 'hidden' });

  // Tab passes it in one stop, and it is heard there. Enter shows it, and then Tab leads to the glossary.
  await word.focus();
  must(await says.isHidden(), 'the focus alone shows nothing');
  must((await word.getAttribute('aria-describedby')) === (await says.getAttribute('id')), 'it is heard');
  await tab.keyboard.press('Enter');
  await says.waitFor();
  await tab.keyboard.press('Tab');
  const focused = await tab.evaluate(() => document.activeElement.getAttribute('href'));
  must(focused === 'glossary.html#close-code', `the next stop is ${focused}`);
  must(await says.isVisible(), 'and it stays while its link has the focus');
  await tab.keyboard.press('Escape');
  await says.waitFor({ state: 'hidden' });
  must(tab.url().includes('03-accept'), 'the page was not left');
  const isAtWord = () => word.evaluate((one) => document.activeElement === one);
  must(await isAtWord(), 'the focus is back at the word');

  // Back from the glossary, too.
  await tab.keyboard.press('Enter');
  await tab.keyboard.press('Tab');
  await tab.keyboard.press('Enter');
  await tab.waitForURL(/glossary\.html#close-code$/);
  await tab.goBack();
  must(tab.url().includes('03-accept') && (await isAtWord()), 'back from the glossary, the focus is at the word');
  must(await says.isHidden(), 'which explains itself only when it is asked again');

  await tab.close();

  // In a window that was narrow from the beginning, no sidebar is in the way.
  const phone = await opened(context, pageOf(book, '03-accept.html'), NARROW);
  const all = phone.locator('main > p > button.word');
  for (const one of [all.first(), all.last()]) {
    await one.click();
    const box = await phone.locator('.word-says:popover-open').boundingBox();
    must(box.x >= 0 && box.x + box.width <= NARROW.width, 'on a phone it is all in view');
    await phone.keyboard.press('Escape');
  }
  await phone.close();
}

async function solutions(context) {
  const tab = await opened(context, pageOf(book, '05-reply.html'));
  const details = tab.locator('details.solution');
  await details.locator('summary').click();
  await until(tab, () => document.querySelector('.solution-gate').innerText.includes('You have had 1 of 3 hints'));
  must(!(await details.locator('.difference').first().isVisible()), 'one hint is not enough');
  for (const page of ['04-decode', '01-listen']) {
    await tab.goto(pageOf(book, `${page}.html`));
    await details.locator('summary').click();
    await details.locator('.difference ins').first().waitFor();
  }
  must((await textOf(details.locator('del').first())).startsWith('-'), 'a sign says what goes');
  const lefts = await details.locator('ins, del').evaluateAll((all) => all.map((one) => one.getBoundingClientRect().left));
  must(new Set(lefts).size === 1, 'each line begins where the others do');
  await tab.close();
}

async function files(browser) {
  const context = await browser.newContext();
  const tab = await opened(context, inFiles('03-accept'));
  const details = tab.locator('details.solution');
  await details.locator('summary').click();
  must(!(await details.locator('.difference').first().isVisible()), 'the reader is asked first');
  await details.getByRole('button', { name: 'I have tried' }).click();
  await details.locator('.difference').first().waitFor();
  await tab.reload();
  await details.locator('summary').click();
  await details.locator('.difference').first().waitFor();
  await tab.locator('.quiz summary').first().click();
  const questions = JSON.parse(await tab.locator('script.chapters').textContent())[3].questions;
  await figureOf(tab, '03-accept').waitFor();
  await equals(figureOf(tab, '03-accept').locator('[aria-hidden]'), `1/${questions}`);
  await context.close();
}

async function withoutScript(browser) {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const tab = await opened(context, inFiles('03-accept'));
  await tab.locator('nav.sections summary').click();
  must(await tab.locator('nav.sections a', { hasText: 'Quiz' }).isVisible(), 'the list is there');
  must(await tab.locator('.next-step .next').isVisible(), 'and the next step');
  await tab.locator('button.word', { hasText: 'close code' }).first().click();
  must(await tab.locator('#word-close-code').isVisible(), 'a word explains itself');
  await tab.keyboard.press('Escape');
  await tab.locator('details.solution summary').click();
  must(await tab.locator('.difference').first().isVisible(), 'and the solution opens');
  await context.close();
}

// On paper nothing of it is left, and the text is.
async function paper(context) {
  const tab = await opened(context, pageOf(book, '03-accept.html'));
  await tab.emulateMedia({ media: 'print' });
  for (const name of ['nav.sections', '.next-step', 'details.solution', '.word-says']) {
    must(!(await tab.locator(name).first().isVisible()), `${name} is printed`);
  }
  must(await tab.locator('button.word').first().isVisible(), 'a word stays in its sentence');
  await tab.close();
}

// With all that can be opened open: answers, solutions, a word, and the sidebar or, on a phone, the list of sections.
async function accessible(context) {
  for (const page of await pagesOf(context, book)) {
    for (const size of [WIDE, NARROW]) {
      const tab = await opened(context, pageOf(book, page), size);
      await tab.evaluate(() => document.querySelectorAll('main details').forEach((details) => (details.open = true)));
      const word = tab.locator('main > p button.word').first();
      if (await word.count()) await word.click();
      await mustBeFair(tab, `${page}, ${size.width}, all of it open`);
      const wider = await tab.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      must(wider <= 1, `${page}: ${wider} pixels wider than ${size.width}`);
      await tab.close();
    }
  }
}

// What the bar of every page opens. A context of its own, because a sidebar that was closed stays closed.
async function menus(browser) {
  const context = await browser.newContext();
  const tab = await opened(context, pageOf(book, '03-accept.html'), NARROW);
  await tab.locator('#mdbook-sidebar-toggle').click();
  await mustBeFair(tab, 'the sidebar on a phone');
  await tab.locator('#mdbook-sidebar-toggle').click();
  await tab.locator('#mdbook-theme-toggle').click();
  must(await tab.locator('#mdbook-theme-list').isVisible(), 'the themes are shown');
  await mustBeFair(tab, 'the themes');
  await tab.keyboard.press('Escape');
  await tab.locator('#mdbook-search-toggle').click();
  await tab.locator('#mdbook-searchbar').fill('masking');
  await tab.locator('#mdbook-searchresults li').first().waitFor();
  await mustBeFair(tab, 'what was searched for');
  await context.close();
}

await withBrowser(async (browser) => {
  const context = await browser.newContext();
  const only = process.env.ONLY?.split(',');
  for (const part of [titles, sections, steps, words, solutions, paper, progress, accessible, cleared]) {
    if (only && !only.includes(part.name)) continue;
    await part(context);
    console.log(`${part.name}: as it should be`);
  }
  for (const part of [menus, files, withoutScript]) {
    await part(browser);
    console.log(`${part.name}: as it should be`);
  }
});
