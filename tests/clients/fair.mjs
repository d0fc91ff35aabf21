// Whether a page is fair to all of its readers, as far as a program can tell: what axe-core finds in the state that the page is
// in. All of its rules in the theme that the page wears, and contrast, which is what a theme can spoil, in the other ones.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { must } from './browser.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const THEMES = ['light', 'rust', 'coal', 'navy', 'ayu'];

// Dresses the page of the book in a theme, and waits for its colors, though not for those that fade: a theme has a style
// sheet for code that a browser asks for when it is first worn.
export async function wear(tab, theme) {
  await tab.evaluate((name) => document.getElementById(`mdbook-theme-${name}`).click(), theme);
  await tab.waitForFunction(() => [...document.querySelectorAll('link[rel~=stylesheet]')].every((link) => link.disabled || link.sheet));
  const worn = await tab.evaluate(() => {
    document.getAnimations().forEach((animation) => animation.finish());
    return document.documentElement.className;
  });
  must(worn.split(' ').includes(theme), `the page has another theme than ${theme}: ${worn}`);
}

// What axe-core finds in a part of the page, a line each; `options` as axe-core takes them.
export async function unfair(tab, place = 'html', options = {}) {
  if (!(await tab.evaluate(() => 'axe' in window))) await tab.evaluate(axe);
  const run = ([place, options]) => axe.run(place, { resultTypes: ['violations'], ...options });
  const { violations } = await tab.evaluate(run, [place, options]);
  const where = (nodes) => nodes.map(({ target }) => target.join(' ')).join(', ');
  return violations.map(({ id, impact, nodes }) => `axe, ${impact}: ${id} at ${where(nodes)}`);
}

// Fails if anything is found in the state that the page is in, in any theme; the page wears the one again that it had.
export async function mustBeFair(tab, state, place) {
  const own = await tab.evaluate((themes) => themes.find((theme) => document.documentElement.classList.contains(theme)), THEMES);
  const said = (await unfair(tab, place)).map((fault) => `${own}: ${fault}`);
  for (const theme of THEMES.filter((theme) => theme !== own)) {
    await wear(tab, theme);
    for (const fault of await unfair(tab, place, { runOnly: ['color-contrast'] })) said.push(`${theme}: ${fault}`);
  }
  await wear(tab, own);
  must(said.length === 0, `${state}\n${said.join('\n')}`);
}
