// curl as a member of a room, who only listens: node room-curl.mjs http://127.0.0.1:4000/chat "" COUNT
// curl asks for a WebSocket, says on one output what the answer's head is, and prints on the other the frames that come:
// they are taken apart here.
import { spawn } from 'node:child_process';

const [, , url, , count] = process.argv;
let left = Number(count);
const fields = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
};
const named = Object.entries(fields).flatMap(([name, value]) => ['--header', `${name}: ${value}`]);
const curl = spawn('curl', ['--silent', '--verbose', '--no-buffer', '--http1.1', ...named, url], {
  stdio: ['ignore', 'pipe', 'pipe'],
});
let told = '';
curl.stderr.on('data', (more) => {
  const wasOpen = isOpen();
  told += more;
  if (!wasOpen && isOpen()) console.log('open');
});
let bytes = Buffer.alloc(0);
curl.stdout.on('data', (more) => {
  bytes = Buffer.concat([bytes, more]);
  while (takeFrame());
});
curl.on('exit', (code) => {
  if (left > 0) fail(`ended with ${code}, and ${left} messages have not come\n${told}`);
});
setTimeout(() => fail('120 seconds are over'), 120_000).unref();

function isOpen() {
  return told.includes('\n< HTTP/1.1 101 ');
}

// The texts of this room are short.
function takeFrame() {
  if (left === 0 || bytes.length < 2 || bytes.length < 2 + bytes[1]) return false;
  console.log(`hears ${bytes.subarray(2, 2 + bytes[1])}`);
  bytes = bytes.subarray(2 + bytes[1]);
  left -= 1;
  if (left > 0) return true;
  console.log('done');
  curl.kill();
  return false;
}

function fail(reason) {
  console.error(`curl: ${reason}`);
  curl.kill();
  process.exit(1);
}
