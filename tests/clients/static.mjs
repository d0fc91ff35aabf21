// The book as files, without the workshop: node static.mjs folder 01-listen 02-key …
import { pathToFileURL } from 'node:url';
import { withBrowser, must } from './browser.mjs';

const [, , folder, ...chapters] = process.argv;

// Without JavaScript the recording is there as text, and how to bring it to life.
async function withoutScript(browser, slug) {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const tab = await context.newPage();
  await tab.goto(`${pathToFileURL(folder)}/${slug}.html`);
  const text = await tab.locator('section.lab').innerText();
  for (const words of ['→ server · request', 'cargo run']) must(text.includes(words), `${slug}: ${words} is not in ${text}`);
  await context.close();
}

await withBrowser(async (browser) => {
  for (const slug of chapters) {
    const tab = await browser.newPage();
    const said = [];
    tab.on('console', (message) => said.push(message.text()));
    tab.on('pageerror', (error) => said.push(error.message));
    await tab.goto(`${pathToFileURL(folder)}/${slug}.html`);
    const lab = tab.locator('section.lab');
    await lab.locator('.unit[data-kind="request head"]').first().waitFor();
    must((await lab.locator('.lab-start').count()) === 0, `${slug}: nothing can be started`);
    must((await lab.innerText()).includes('cargo run'), `${slug}: it says how to bring it to life`);
    // A file:// page may not load the search index; that is the browser's rule, not ours.
    const ours = said.filter((line) => !line.includes('file://'));
    must(ours.length === 0, `${slug}: ${ours.join('\n')}`);
    await tab.close();
    await withoutScript(browser, slug);
    console.log(`${slug}: shows its recording`);
  }
});
