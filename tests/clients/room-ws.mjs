// npm ws as a member of a room: node room-ws.mjs ws://127.0.0.1:4000/chat TEXT COUNT
// Says TEXT when a line comes on its input, prints what it hears, and leaves after COUNT messages.
import { createInterface } from 'node:readline';
import WebSocket from 'ws';

const [, , url, text, count] = process.argv;
let left = Number(count);
const socket = new WebSocket(url);
const input = createInterface({ input: process.stdin });
socket.on('open', () => {
  console.log(socket.extensions ? 'open, compressed' : 'open');
  input.once('line', () => socket.send(text));
});
socket.on('message', (data) => {
  console.log(`hears ${data}`);
  left -= 1;
  if (left > 0) return;
  console.log('done');
  // The closing handshake is chapter 10's: until then the connection is only dropped.
  socket.terminate();
  input.close();
});
socket.on('close', () => {
  if (left > 0) fail(`closed, and ${left} messages have not come`);
});
socket.on('error', (error) => fail(error.message));
setTimeout(() => fail('120 seconds are over'), 120_000).unref();

function fail(reason) {
  console.error(`ws: ${reason}`);
  process.exit(1);
}
