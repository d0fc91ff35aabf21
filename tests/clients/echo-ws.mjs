// npm ws against an echo: node echo-ws.mjs ws://127.0.0.1:4000
import WebSocket from 'ws';
import { messages } from './messages.mjs';

const socket = new WebSocket(process.argv[2]);
const heard = [];
let wake = () => {};
socket.on('message', (data, isBinary) => {
  heard.push(isBinary ? data : data.toString());
  wake();
});
socket.on('error', (error) => {
  console.error(`ws: ${error.message}`);
  process.exit(1);
});
await new Promise((resolve) => socket.on('open', resolve));
for (const [name, text] of messages) {
  socket.send(text);
  while (heard.length === 0) await new Promise((resolve) => (wake = resolve));
  const back = heard.shift();
  if (back !== text || heard.length > 0) {
    console.error(`${name}: ${JSON.stringify(back)} came back`);
    process.exit(1);
  }
  console.log(`${name}: back`);
}
socket.terminate();
