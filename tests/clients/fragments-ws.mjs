// npm ws sends messages in fragments: node fragments-ws.mjs ws://127.0.0.1:4000
import { hearing } from './hearing-ws.mjs';

const { socket, next } = await hearing(process.argv[2]);
const closed = new Promise((resolve) => socket.on('close', (code, reason) => resolve(`${code} ${reason}`)));

// Sends a text in these pieces, with a ping between each two of them, and waits until it comes back.
async function say(pieces) {
  for (const [at, piece] of pieces.entries()) {
    if (at > 0) socket.ping();
    socket.send(piece, { binary: false, fin: at === pieces.length - 1 });
  }
  console.log(`hears ${await next()}`);
}

await say(['Li ', 'Ji', 'ng']);
await say(['', 'Li Jing', '']);
await say([...Buffer.from('李静 and 漢')].map((byte) => Buffer.from([byte])));
// And one that is wrong.
socket.send(Buffer.from('Li \xff', 'latin1'), { binary: false });
console.log(`closed with ${await closed}`);
