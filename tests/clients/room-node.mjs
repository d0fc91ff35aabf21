// Node's own WebSocket as a member of a room: node --experimental-websocket room-node.mjs ws://127.0.0.1:4000/chat TEXT COUNT
// Says TEXT when a line comes on its input, prints what it hears, and leaves after COUNT messages.
import { createInterface } from 'node:readline';

const [, , url, text, count] = process.argv;
let left = Number(count);
const socket = new WebSocket(url);
const input = createInterface({ input: process.stdin });
socket.onopen = () => {
  console.log(socket.extensions.startsWith('permessage-deflate') ? 'open, compressed' : 'open');
  input.once('line', () => socket.send(text));
};
socket.onmessage = ({ data }) => {
  console.log(`hears ${data}`);
  left -= 1;
  if (left > 0) return;
  console.log('done');
  process.exit(0);
};
socket.onclose = ({ code }) => fail(`closed with ${code}, and ${left} messages have not come`);
setTimeout(() => fail('120 seconds are over'), 120_000).unref();

function fail(reason) {
  console.error(`Node: ${reason}`);
  process.exit(1);
}
