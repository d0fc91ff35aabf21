// The check of a page in a real browser: node checks.mjs http://127.0.0.1:3000/?token=… 127.0.0.1:4000 01-listen …
// The workshop was told a server that keeps the promises of chapter 01 and no more; the second address is that
// of a server that runs, an echo.
import { withBrowser, must, pageOf } from './browser.mjs';

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
  await check.locator('.check-status', { hasText: 'done' }).waitFor();
  return check.locator('.check-text').innerText();
}

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
  await echo.check.locator('.address').fill('example.com');
  await echo.check.locator('.check-start').click();
  await echo.check.locator('.check-status', { hasText: 'is written like' }).waitFor();
  await echo.check.locator('.address').fill('192.0.2.1:4000');
  mustSay(await press(echo.check, '.check-start'), 'is another machine');

  // A quiz counts what was opened first, once for each question.
  const score = first.tab.locator('.quiz-score');
  const [quiz, next] = [first.tab.locator('.quiz').nth(0), first.tab.locator('.quiz').nth(1)];
  await quiz.locator('details.correct summary').click();
  await score.filter({ hasText: '1 of 1 right' }).waitFor();
  await quiz.locator('details:not(.correct) summary').first().click();
  await next.locator('details:not(.correct) summary').first().click();
  await next.locator('details.correct summary').click();
  await score.filter({ hasText: '1 of 2 right' }).waitFor();

  const said = [first, second, narrow, echo].flatMap((page) => page.said);
  must(said.length === 0, said.join('\n'));
  console.log('the checks work');
});
