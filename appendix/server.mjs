// The same opening handshake on Node's own modules: `node appendix/server.mjs [port]`, or the port in PORT.
// As in the article, it goes no further: what follows the handshake is printed as it comes.
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

// ANCHOR: serve
const server = createServer((socket) => {
  let key;
  console.log('a client connects');
  socket.on('data', (bytes) => {
    if (key) {
      console.log(`${bytes.length} bytes came: ${bytes.toString('hex')}`);
      return;
    }
    console.log(bytes.toString());
    // By case, and in one read: the second is seldom wrong with a browser, and wrong all the same.
    // Where no key is found, exec gives null: [1] throws, and the program ends, for everybody.
    key = /Sec-WebSocket-Key: (.+)\r\n/.exec(bytes.toString())[1];
    const accept = createHash('sha1').update(key + GUID).digest('base64');
    socket.write('HTTP/1.1 101 Switching Protocols\r\n');
    socket.write('Upgrade: websocket\r\n');
    socket.write('Connection: Upgrade\r\n');
    socket.write(`Sec-WebSocket-Accept: ${accept}\r\n`);
    socket.write('\r\n');
    console.log('handshake successful');
  });
});
// ANCHOR_END: serve

server.listen(Number(process.argv[2] ?? process.env.PORT ?? 4000), '127.0.0.1', () => {
  console.log(`listening on ws://127.0.0.1:${server.address().port}`);
});
