// npm ws as a client that hears one message after another.
import WebSocket from 'ws';

// A socket that is open, and `next`, which waits for the next message: a text, or the bytes of another one.
export async function hearing(url) {
  const socket = new WebSocket(url);
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
  const next = async () => {
    while (heard.length === 0) await new Promise((resolve) => (wake = resolve));
    return heard.shift();
  };
  return { socket, heard, next };
}
