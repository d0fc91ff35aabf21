// npm ws asks whether a server is there, and says goodbye: node goodbye-ws.mjs ws://127.0.0.1:4000
import { once } from 'node:events';
import WebSocket from 'ws';

const socket = new WebSocket(process.argv[2]);
await once(socket, 'open');
for (const payload of [Buffer.from('Li Jing'), Buffer.alloc(0), Buffer.alloc(125, 0xff)]) {
  const pong = once(socket, 'pong');
  socket.ping(payload);
  const [answer] = await pong;
  if (!answer.equals(payload)) throw new Error(`${answer.toString('hex')} came back`);
  console.log(`${payload.length} bytes: back`);
}
const end = once(socket, 'close');
socket.close(4321, 'bye');
const [code] = await end;
console.log(`goodbye: ${code}`);
