// Holds the decoder of the book's pages against the instrument: node decode.mjs decode.js json|text
// On its input, for each side's bytes, a line has the side and two lengths. The bytes follow, and then what the instrument
// makes of them, as JSON or as a text.
import { readFileSync } from 'node:fs';
import { runInThisContext } from 'node:vm';
import { must } from './browser.mjs';

const [, , decoder, form] = process.argv;
const decodeFrames = runInThisContext(`${readFileSync(decoder, 'utf8')}\ndecodeFrames`);
const tell = form === 'json' ? JSON.stringify : (units) => units.map(unitText).join('');

// The same text as in tests/course/decode.rs.
function unitText({ title, start, end, complete, omitted, hex, text, message, faults, parts }) {
  const lines = [title, `${start} ${end} ${complete} ${omitted}`, hex, text ?? 'no text', message ?? 'no message'];
  for (const { at, why, section } of faults) lines.push(`${at} ${why} ${section}`);
  for (const { start, end, bits, name, value, note } of parts) {
    const [first, last] = bits ?? [0, 0];
    lines.push(`${start} ${end} ${first} ${last} ${name} ${value} ${note ?? ''}`);
  }
  return `${lines.join('\n')}\n`;
}

// Compares the first of these inputs and hands back how many bytes it took: 0 while it is not all here.
function compareFirst(input) {
  const lineEnd = input.indexOf('\n');
  const [from, ...lengths] = input.toString('latin1', 0, Math.max(0, lineEnd)).split(' ');
  const [size, toldSize] = lengths.map(Number);
  const start = lineEnd + 1;
  const end = start + size + toldSize;
  if (lineEnd < 0 || end > input.length) return 0;
  const bytes = new Uint8Array(input.subarray(start, start + size));
  const expected = input.toString('utf8', start + size, end);
  const got = tell(decodeFrames(bytes, from));
  must(got === expected, `${from} sends ${Buffer.from(bytes).toString('hex')}\nthe instrument:\n${expected}\nthe page:\n${got}`);
  return end;
}

let count = 0;
let rest = Buffer.alloc(0);
for await (const chunk of process.stdin) {
  rest = Buffer.concat([rest, chunk]);
  for (let size = compareFirst(rest); size > 0; size = compareFirst(rest)) {
    rest = rest.subarray(size);
    count += 1;
  }
}
must(rest.length === 0, `the input ends within what ${count} inputs are followed by`);
console.log(`${count} inputs, and both say the same`);
