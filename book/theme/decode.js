// Names the bytes of frames (RFC 6455, section 5.2), in the words of the instrument. A test, tests/course/decode.rs, holds
// it against the instrument. What a browser cannot know is left out: an extension, and in which pieces the bytes arrived.
'use strict';

const decodeFrames = (() => {
  const OPCODES = { 0x0: 'continuation', 0x1: 'text', 0x2: 'binary', 0x8: 'close', 0x9: 'ping', 0xa: 'pong' };
  const MARKS = { 126: 'the next 2 bytes hold it', 127: 'the next 8 bytes hold it' };
  const CLOSE_CODES = {
    1000: 'normal closure',
    1001: 'going away',
    1002: 'protocol error',
    1003: 'unsupported data',
    1007: 'invalid payload data',
    1008: 'policy violation',
    1009: 'message too big',
    1010: 'mandatory extension',
    1011: 'internal error',
    1012: 'service restart',
    1013: 'try again later',
    1014: 'bad gateway',
  };
  const AS_DATA = 4096; // bytes of a frame, and characters of its text, that are told
  const AS_VALUE = 48; // characters of a text that are told in its name
  const READER = new TextDecoder('utf-8', { ignoreBOM: true });
  const WRITER = new TextEncoder();

  // The frames that one side, 'client' or 'server', sends from the opening handshake on. The last may not be all here.
  function decodeFrames(bytes, from) {
    const messages = { open: undefined, fragments: 0, said: '', cut: [], hasEnded: false };
    const units = [];
    for (let start = 0; start < bytes.length; start = units.at(-1).end) {
      const unit = decodeFrame(bytes.subarray(start), from, messages);
      units.push(unit);
      shift(unit, start);
    }
    return units;
  }

  // The first frame of these bytes, and what it changes in the messages of its side.
  function decodeFrame(bytes, from, messages) {
    const header = readHeader(bytes);
    const parts = [...firstByte(bytes[0]), ...secondByte(bytes[1]), ...extendedLength(bytes)];
    const faults = firstByteFaults(bytes[0], messages);
    if (!header) return frameUnit(`${opcodeName(bytes[0] & 0x0f)} frame (its header is not all here)`, bytes, false, faults, parts);

    const rest = bytes.subarray(header.size);
    const complete = BigInt(rest.length) >= header.length;
    const payload = unmask(complete ? rest.subarray(0, Number(header.length)) : rest, header.key);
    if (header.key) parts.push(part('masking-key', header.lengthEnd, header.size, hexOfAll(header.key)));
    faults.push(...headerFaults(header, from));
    const unit = frameUnit(title(header, payload.length, complete, placeOf(header, messages)), bytes.subarray(0, header.size + payload.length), complete, faults, parts);
    if (header.opcode === 0x8) describeClose(unit, header, payload);
    else describePayload(unit, header, payload, messages);
    endFrame(header, messages);
    return unit;
  }

  // In the order of the instrument's JSON, so that the two can be compared as texts.
  function frameUnit(title, bytes, complete, faults, parts) {
    const hex = hexOfAll(bytes.subarray(0, AS_DATA));
    const omitted = Math.max(0, bytes.length - AS_DATA);
    return { kind: 'frame', title, start: 0, end: bytes.length, complete, hex, omitted, text: undefined, message: undefined, faults, parts };
  }

  // A name for the bytes from `start` to `end`. A note, and bits, are there only where they say something.
  function part(name, start, end, value, note = '', bits = undefined) {
    return { start, end, bits, name, value, note: note || undefined };
  }

  // The value of a part that is a text: its beginning, and its length where that is not all.
  function textPart(name, start, end, text) {
    const first = firstCharacters(text, AS_VALUE);
    if (first === text) return part(name, start, end, `"${text}"`);
    return part(name, start, end, `"${first}…"`, `${[...text].length} characters`);
  }

  const firstCharacters = (text, most) => (text.length > most ? [...text].slice(0, most).join('') : text);

  const fault = (why, section, at) => ({ why, section, at });

  const hexOfAll = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');

  const opcodeName = (opcode) => OPCODES[opcode] ?? 'reserved';

  // The end of the header's length: it is in the second byte, or in the 2 or 8 bytes behind it.
  const lengthEnd = (second) => ({ 126: 4, 127: 10 })[second & 0x7f] ?? 2;

  // A length of 64 bits is more than a number of JavaScript holds.
  const bigEndian = (bytes) => bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

  // The header, or undefined while bytes of it are missing.
  function readHeader(bytes) {
    const [first, second] = bytes;
    const end = lengthEnd(second);
    const size = end + (second & 0x80 ? 4 : 0);
    if (bytes.length < size) return undefined;
    return {
      fin: first >> 7 === 1,
      opcode: first & 0x0f,
      key: size > end ? bytes.subarray(end, size) : undefined,
      length: end > 2 ? bigEndian(bytes.subarray(2, end)) : BigInt(second & 0x7f),
      lengthEnd: end,
      size,
    };
  }

  // Each byte of the payload, XOR the next of the key's four bytes, round and round.
  function unmask(payload, key) {
    return key ? payload.map((byte, i) => byte ^ key[i % 4]) : payload;
  }

  const bytesCounted = (count) => `${count} ${String(count) === '1' ? 'byte' : 'bytes'}`;

  function title({ opcode, length, key, fin }, arrived, complete, place) {
    return [
      `${opcodeName(opcode)} frame, ${bytesCounted(length)}`,
      key ? ', masked' : '',
      place,
      fin ? '' : ', to be continued',
      complete ? '' : ` (${arrived} of them here)`,
    ].join('');
  }

  // Which fragment of the open message a frame is, or that it comes between two of them.
  function placeOf({ opcode, fin }, { open, fragments }) {
    if (open === undefined) return '';
    if (opcode & 0x8) return ', between two fragments';
    if (opcode !== 0x0) return '';
    return `, fragment ${fragments + 1} of ${open === 0x1 ? 'a text' : 'a binary message'}${fin ? ', the last' : ''}`;
  }

  function firstByte(byte) {
    const opcode = byte & 0x0f;
    return [
      part('FIN', 0, 1, `${byte >> 7}`, byte >> 7 ? 'the last frame of its message' : 'more frames of this message follow', [0, 1]),
      part('RSV', 0, 1, ((byte >> 4) & 0x07).toString(2).padStart(3, '0'), '', [1, 4]),
      part('opcode', 0, 1, opcode.toString(16), opcodeName(opcode), [4, 8]),
    ];
  }

  function secondByte(byte) {
    if (byte === undefined) return [];
    const length = byte & 0x7f;
    return [
      part('MASK', 1, 2, `${byte >> 7}`, byte >> 7 ? 'a masking-key follows' : 'not masked', [0, 1]),
      part('payload length', 1, 2, `${length}`, MARKS[length], [1, 8]),
    ];
  }

  function extendedLength(bytes) {
    const end = lengthEnd(bytes[1]);
    const here = bytes.subarray(2, end);
    if (here.length === 0) return [];
    const value = here.length === end - 2 ? `${bigEndian(here)}` : `${here.length} of ${end - 2} bytes here`;
    return [part('extended payload length', 2, 2 + here.length, value)];
  }

  function firstByteFaults(byte, messages) {
    const opcode = byte & 0x0f;
    const isControl = (opcode & 0x8) !== 0;
    const faults = [];
    if (byte & 0x70) faults.push(fault('a reserved bit is set, and no extension was agreed on', '5.2', 0));
    if (!(opcode in OPCODES)) faults.push(fault(`opcode ${opcode.toString(16)} is reserved`, '5.2', 0));
    if (isControl && !(byte & 0x80)) faults.push(fault('a control frame must not be fragmented', '5.5', 0));
    return [...faults, ...orderFaults(opcode, messages)];
  }

  // What is wrong with a frame of this opcode after the frames before it.
  function orderFaults(opcode, { open, hasEnded }) {
    if (hasEnded) return [fault('nothing may follow a Close frame', '5.5.1', 0)];
    if (opcode === 0x0 && open === undefined) return [fault('there is no message to continue', '5.4', 0)];
    const begins = opcode === 0x1 || opcode === 0x2;
    if (begins && open !== undefined) return [fault('the message before has not ended: opcode 0 continues it', '5.4', 0)];
    return [];
  }

  function headerFaults({ opcode, key, length, lengthEnd }, from) {
    const faults = [];
    if (from === 'client' && !key) faults.push(fault("a client's frame must be masked", '5.1', 1));
    if (from === 'server' && key) faults.push(fault("a server's frame must not be masked", '5.1', 1));
    if (opcode & 0x8 && length > 125n) faults.push(fault('a control frame has at most 125 bytes of payload', '5.5', 1));
    if (lengthEnd > shortestEnd(length)) faults.push(fault('the payload length takes more bytes than it needs', '5.2', 1));
    if (length >> 63n) faults.push(fault('the first bit of a 64-bit payload length must be 0', '5.2', 1));
    return faults;
  }

  function shortestEnd(length) {
    if (length <= 125n) return 2;
    return length <= 0xffffn ? 4 : 10;
  }

  function describePayload(unit, header, payload, messages) {
    const text = textOf(unit, header, payload, messages);
    unit.text = text && firstCharacters(text, AS_DATA);
    const isLast = header.opcode === 0x0 && header.fin && messages.open === 0x1;
    if (isLast && unit.complete) unit.message = messages.said;
    if (payload.length === 0) return;
    const name = header.key ? 'payload, masked' : 'payload';
    const named = text === undefined ? part(name, header.size, unit.end, '', bytesCounted(payload.length)) : textPart(name, header.size, unit.end, text);
    unit.parts.push(named);
  }

  // The text of a frame, if it has one. A character may be cut by the end of a frame, and go on in the next.
  function textOf(unit, header, payload, messages) {
    if (header.opcode & 0x8) return (isUtf8(payload) && readable(payload)) || undefined;
    if (header.opcode !== 0x0) [messages.cut, messages.said] = [[], ''];
    if ((header.opcode || messages.open) !== 0x1) return undefined;
    const bytes = Uint8Array.from([...messages.cut, ...payload]);
    const valid = validUpTo(bytes);
    const isCut = valid < bytes.length && isBeginning(bytes.subarray(valid));
    const endsCut = isCut && !header.fin;
    // A byte that is wrong is so before the rest of its frame has come.
    if (valid < bytes.length && !(unit.complete ? endsCut : isCut)) {
      // A character that an earlier frame began is wrong from this payload's first byte on, or at the end of a frame without a
      // payload.
      const at = header.size + Math.min(Math.max(0, valid - messages.cut.length), payload.length - 1);
      unit.faults.push(fault('the text is not UTF-8', '8.1', at));
    }
    messages.cut = endsCut ? [...bytes.subarray(valid)] : [];
    const text = readable(endsCut || !unit.complete ? bytes.subarray(0, valid) : bytes);
    messages.said = firstCharacters(messages.said + text, AS_DATA);
    return text;
  }

  // The body of a Close frame: a code, then a reason (section 5.5.1).
  function describeClose(unit, header, payload) {
    const { size } = header;
    if (payload.length === 1 && unit.complete) {
      unit.faults.push(fault('a close code takes 2 bytes', '5.5.1', size));
      unit.parts.push(part('half a close code', size, size + 1, hexOfAll(payload)));
    }
    if (payload.length < 2) return;
    const code = payload[0] * 256 + payload[1];
    const reason = payload.subarray(2);
    unit.parts.push(part('close code', size, size + 2, `${code}`, closeCodeName(code)));
    if (closeCodeName(code) === 'reserved') unit.faults.push(fault(`close code ${code} must not be sent`, '7.4', size));
    if (reason.length === 0) return;
    const text = readable(reason);
    unit.text = firstCharacters(text, AS_DATA);
    if (unit.complete && !isUtf8(reason)) {
      unit.faults.push(fault('the reason is not UTF-8', '5.5.1', size + 2 + validUpTo(reason)));
    }
    unit.parts.push(textPart('reason', size + 2, unit.end, text));
  }

  function closeCodeName(code) {
    if (code >= 3000 && code < 4000) return 'registered with IANA';
    if (code >= 4000 && code < 5000) return 'for private use';
    return CLOSE_CODES[code] ?? 'reserved';
  }

  // The frame is over: is its message?
  function endFrame({ opcode, fin }, messages) {
    if (opcode === 0x8) messages.hasEnded = true;
    if (opcode & 0x8) return;
    if (fin) messages.open = undefined;
    else if (opcode !== 0x0) [messages.open, messages.fragments] = [opcode, 1];
    else messages.fragments += 1;
  }

  // Bytes as text: � stands for what is not UTF-8.
  const readable = (bytes) => READER.decode(bytes);

  const isUtf8 = (bytes) => validUpTo(bytes) === bytes.length;

  // How many bytes are UTF-8 until the first that is not. Written again, the bytes are the same up to the first �.
  function validUpTo(bytes) {
    const again = WRITER.encode(readable(bytes));
    let at = again.findIndex((byte, i) => byte !== bytes[i]);
    if (at < 0) return bytes.length;
    // The bytes may begin as those of � do.
    while (again[at] >> 6 === 0b10) at -= 1;
    return at;
  }

  // Whether bytes could go on to a character.
  function isBeginning(bytes) {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
      return true;
    } catch {
      return false;
    }
  }

  // From a frame that begins at 0 to its place in what its side has sent.
  function shift(unit, by) {
    unit.start += by;
    unit.end += by;
    for (const part of unit.parts) [part.start, part.end] = [part.start + by, part.end + by];
    for (const fault of unit.faults) fault.at += by;
  }

  return decodeFrames;
})();
