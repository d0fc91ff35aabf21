// A real browser, without a window and without a way out to the network: the Firefox whose path is in FIREFOX, or else the
// Chromium whose path is in CHROMIUM.
import playwright from 'playwright-core';

const { chromium, _bidiFirefox } = playwright;

export const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

// A Firefox as it is installed takes part in WebDriver BiDi only.
function launch() {
  const { CHROMIUM, FIREFOX } = process.env;
  if (FIREFOX) return _bidiFirefox.launch({ executablePath: FIREFOX });
  return chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
}

// Runs `work(browser)` and ends the process: with 1, and the reason, if it threw.
export async function withBrowser(work) {
  const browser = await launch();
  try {
    await work(browser);
  } catch (error) {
    console.error(error.stack);
    process.exitCode = 1;
  } finally {
    await browser.close();
  }
}

export function must(holds, message) {
  if (!holds) throw new Error(message);
}

// The address of a page of the open book, with the secret that the workshop printed in `book`: the first visit in
// a browser has to show it.
export function pageOf(book, page) {
  const address = new URL(page, book);
  address.search = new URL(book).search;
  return address.href;
}

// The names of the pages that the table of contents of the open book has.
export async function pagesOf(browser, book) {
  const tab = await browser.newPage();
  await tab.goto(pageOf(book, 'index.html'));
  const links = await tab.locator('#mdbook-sidebar a[href]').evaluateAll((all) => all.map(({ pathname }) => pathname.slice(1)));
  await tab.close();
  return [...new Set(links)];
}

// How long the workshop may take to build a chapter's server, on a machine that does other things too.
const BUILT = 600_000; // ms

// Starts the server of a lab, and waits until the page reaches it: the first time, it is built.
export async function starts(lab) {
  await lab.locator('.lab-start').click();
  const status = lab.locator('.lab-status');
  const reached = status.filter({ hasText: 'This page reaches the server' });
  await reached.waitFor({ timeout: BUILT }).catch(async () => {
    throw new Error(`the lab does not start: ${await status.textContent()}`);
  });
}
