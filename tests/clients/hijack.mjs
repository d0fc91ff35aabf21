// A page of another origin that wants to talk in the room: node hijack.mjs http://127.0.0.1:4000
// The room's own page comes in first, and has a cookie. Prints what becomes of the other page, and what the room heard.
import { createServer } from 'node:http';
import { withBrowser } from './browser.mjs';

const [, , room] = process.argv;

// A page with nothing in it but the script below.
const other = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>cats</title>'));
await new Promise((listening) => other.listen(0, '127.0.0.1', listening));
const cats = `http://127.0.0.1:${other.address().port}`;

await withBrowser(async (browser) => {
  const context = await browser.newContext();
  const visitor = await context.newPage();
  await visitor.goto(room);
  await visitor.locator('#state', { hasText: 'handshake successful' }).waitFor();
  await visitor.evaluate(() => (document.cookie = 'session=Li-Jing'));
  const page = await context.newPage();
  await page.goto(cats);
  const events = await page.evaluate((place) => {
    const socket = new WebSocket(`${place.replace('http', 'ws')}/chat`);
    const events = [];
    return new Promise((done) => {
      socket.onopen = () => {
        events.push('onopen');
        socket.send('the visitor likes cats');
      };
      socket.onmessage = ({ data }) => done([...events, `onmessage ${data}`]);
      socket.onerror = () => events.push('onerror');
      socket.onclose = ({ code }) => done([...events, `onclose ${code}`]);
    });
  }, room);
  console.log(`origin ${cats}`);
  events.forEach((event) => console.log(event));
  // Its own message shows that nothing was said before it.
  await visitor.locator('#say input').fill('hello');
  await visitor.locator('#say button').click();
  await visitor.locator('#log li', { hasText: 'hello' }).waitFor();
  for (const line of await visitor.locator('#log li').allTextContents()) console.log(`the room hears ${line}`);
});
other.close();
