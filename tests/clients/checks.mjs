// The check of a page in a real browser: node checks.mjs http://127.0.0.1:3000/?token=… 127.0.0.1:4000 01-listen …
// The workshop was told a server that keeps the promises of chapter 01 and no more; the second address is that
// of a server that runs, an echo.
import { withBrowser, must, pageOf } from './browser.mjs';
import { mustBeFair } from './fair.mjs';

const [, , book, own, ...chapters] = process.argv;
const NARROW = 360;

async function open(browser, slug, width = 1280) {
  const context = await browser.newContext({ viewport: { width, height: 900 } });
  const tab = await context.newPage();
  const said = [];
  tab.on('pageerror', (error) => said.push(error.message));
  await tab.goto(pageOf(book, `${slug}.html`));
  return { tab, check: tab.locator('section.check'), said };
}

async function press(check, button) {
  await check.locator(button).click();
  await check.locator('.check-start', { hasText: 'Check my server' }).waitFor();
  return (await check.locator('.check-text').isVisible()) ? check.locator('.check-text').innerText() : '';
}

async function verdict({ check }, text, kind) {
  await check.locator(`.check-status[data-verdict="${kind}"]`, { hasText: text }).waitFor();
}

const isInView = (place) => place.evaluate((element) => {
  const { top } = element.getBoundingClientRect();
  return top >= 0 && top < window.innerHeight;
});

function mustSay(text, ...wanted) {
  for (const words of wanted) must(text.includes(words), `${words} is not in:\n${text}`);
}

await withBrowser(async (browser) => {
  for (const slug of chapters) {
    const { tab, check } = await open(browser, slug);
    must((await check.count()) === 1, `${slug} has ${await check.count()} checks`);
    await tab.close();
  }

  const first = await open(browser, chapters[0]);
  mustSay(await press(first.check, '.check-start'), 'ch01-listen', '● 01 takes a connection', 'every promise up to chapter 01 is kept');

  const second = await open(browser, chapters[1]);
  mustSay(await press(second.check, '.check-start'), '✗ chapter 02: answers 400', '\n  expected   a refusal: a response head', 'a hint');
  mustSay(await press(second.check, '.check-hint'), '\n  hint 1     ');
  await verdict(first, 'every promise up to chapter 01 is kept', 'kept');
  await mustBeFair(first.tab, 'a check that went well', 'section.check');
  await verdict(second, '1 broken: 02 answers 400', 'broken');
  await second.check.locator('.check-broken', { hasText: '✗ chapter 02' }).waitFor();
  must(await isInView(second.check.locator('.check-broken')), 'what is broken is not in view');
  await mustBeFair(second.tab, 'a check that did not go well, and a hint', 'section.check');

  const narrow = await open(browser, chapters[1], NARROW);
  await press(narrow.check, '.check-start');
  // Every line has room, but for the commands, which are not broken.
  const { lines, rows } = await narrow.check.locator('.check-text').evaluate((pre) => {
    const lines = pre.textContent.trimEnd().split('\n').filter((line) => !line.includes('cargo run'));
    pre.textContent = lines.join('\n');
    const style = getComputedStyle(pre);
    const height = pre.clientHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom);
    return { lines, rows: Math.round(height / parseFloat(style.lineHeight)) };
  });
  must(rows === lines.length, `${rows} rows in a narrow window of the lines\n${lines.join('\n')}`);

  const echo = await open(browser, chapters[4]);
  await echo.check.locator('.address').fill(own);
  mustSay(await press(echo.check, '.check-start'), `checking ${own}`, '● 05 sends an empty message back');
  for (const [address, said] of [
    ['example', '"example" is not the address of a server: write it like 4000, 127.0.0.1:4000 or localhost:4000'],
    ['192.0.2.1:4000', 'is another machine'],
    ['127.0.0.1:1', 'nothing listens on 127.0.0.1:1: start your server first'],
  ]) {
    await echo.check.locator('.address').fill(address);
    await press(echo.check, '.check-start');
    await verdict(echo, said, 'none');
  }
  await mustBeFair(echo.tab, 'a check that could not be', 'section.check');
  // However it is written.
  await echo.check.locator('.address').fill(own.replace('127.0.0.1', 'localhost'));
  mustSay(await press(echo.check, '.check-start'), `checking ${own}`);
  await echo.check.locator('label', { hasText: 'my project' }).click();
  await echo.check.locator('.server-note', { hasText: 'Your project is the server that this starts' }).waitFor();

  // A quiz counts what was opened first, once for each question.
  const score = first.tab.locator('.quiz-score');
  const [quiz, next] = [first.tab.locator('.quiz').nth(0), first.tab.locator('.quiz').nth(1)];
  const judged = quiz.getByRole('status');
  await quiz.locator('details.correct summary').click();
  await judged.filter({ hasText: /^Right: / }).waitFor();
  await score.filter({ hasText: '1 of 1 right' }).waitFor();
  await quiz.locator('details:not(.correct) summary').first().click();
  await judged.filter({ hasText: /^Not right: / }).waitFor();
  const question = await quiz.locator('> p').first().innerText();
  must((await first.tab.getByRole('group', { name: question }).count()) === 1, 'the answers are tied to their question');
  await next.locator('details:not(.correct) summary').first().click();
  await next.locator('details.correct summary').click();
  await score.filter({ hasText: '1 of 2 right' }).waitFor();
  await mustBeFair(first.tab, 'a quiz that was answered');

  const context = await browser.newContext({ javaScriptEnabled: false });
  const tab = await context.newPage();
  await tab.goto(pageOf(book, `${chapters[0]}.html`));
  mustSay(await tab.locator('section.check').innerText(), 'cargo run -- check 1');
  mustSay(await tab.locator('section.lab').innerText(), 'With JavaScript', 'GET /chat HTTP/1.1');

  const said = [first, second, narrow, echo].flatMap((page) => page.said);
  must(said.length === 0, said.join('\n'));
  console.log('the checks work');
});
