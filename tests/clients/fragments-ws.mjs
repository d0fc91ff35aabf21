// npm ws sends messages in fragments: node fragments-ws.mjs ws://127.0.0.1:4000
import WebSocket from 'ws';

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
const closed = new Promise((resolve) => socket.on('close', (code, reason) => resolve(`${code} ${reason}`)));
await new Promise((resolve) => socket.on('open', resolve));

// Sends a text in these pieces, with a ping between each two of them, and waits until it comes back.
async function say(pieces) {
  for (const [at, piece] of pieces.entries()) {
    if (at > 0) socket.ping();
    socket.send(piece, { binary: false, fin: at === pieces.length - 1 });
  }
  while (heard.length === 0) await new Promise((resolve) => (wake = resolve));
  console.log(`hears ${heard.shift()}`);
}

await say(['Li ', 'Ji', 'ng']);
await say(['', 'Li Jing', '']);
await say([...Buffer.from('李静 and 漢')].map((byte) => Buffer.from([byte])));
// And one that is wrong.
socket.send(Buffer.from('Li \xff', 'latin1'), { binary: false });
console.log(`closed with ${await closed}`);
