// npm ws against an echo: node echo-ws.mjs ws://127.0.0.1:4000
import { hearing } from './hearing-ws.mjs';
import { messages } from './messages.mjs';

const { socket, heard, next } = await hearing(process.argv[2]);
for (const [name, text] of messages) {
  socket.send(text);
  const back = await next();
  if (back !== text || heard.length > 0) {
    console.error(`${name}: ${JSON.stringify(back)} came back`);
    process.exit(1);
  }
  console.log(`${name}: back`);
}
socket.terminate();
