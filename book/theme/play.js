// A frame to play with: you change its bits, its length, its key and its payload, and its bytes and their names follow.
'use strict';

(() => {
  const KEY = [0x37, 0xfa, 0x21, 0x3d]; // of the RFC's examples
  const MOST = 100_000; // bytes of a payload
  const BESIDE = 16; // bytes of the payload that are shown with their characters
  const COLUMNS = 8; // of them in a table
  const LINE = 11; // bytes beside the bits, where the others are out of sight

  // The three forms of a length: what the seven bits hold, and how many bytes follow.
  const FORMS = [
    { name: '7 bits', most: 125, size: 0 },
    { name: '16 bits', most: 0xffff, size: 2, mark: 126 },
    { name: '64 bits', most: Infinity, size: 8, mark: 127 },
  ];

  // What the sixteen bits are called, with how many of them.
  const FIRST = [['FIN', 1], ['RSV', 3], ['opcode', 4]];
  const SECOND = [['MASK', 1], ['payload length', 7]];

  const utf8 = (text) => [...new TextEncoder().encode(text)];

  // A frame without mistakes: `declared` is the length that is not that of the payload.
  function wholeFrame(payload, changes = {}) {
    const form = shortestForm(payload.length);
    return { from: 'client', first: 0x81, isMasked: true, key: KEY, payload, form, declared: undefined, ...changes };
  }

  const PREPARED = [
    ['Li Jing', () => wholeFrame(utf8('Li Jing'))],
    ['the same from a server', () => wholeFrame(utf8('Li Jing'), { from: 'server', isMasked: false })],
    ['126 bytes', () => wholeFrame(utf8('Li Jing '.repeat(16)).slice(0, 126))],
    ['65,536 bytes', () => wholeFrame(utf8('Li Jing '.repeat(8192)))],
    ['a ping', () => wholeFrame(utf8('ping'), { first: 0x89 })],
    ['a close, 1000', () => wholeFrame([0x03, 0xe8], { first: 0x88 })],
    ['a reserved bit', () => wholeFrame(utf8('Li Jing'), { first: 0xc1 })],
  ];

  function shortestForm(length) {
    return FORMS.find(({ most }) => length <= most);
  }

  const bigEndianBytes = (number, size) => Array.from({ length: size }, (_, i) => Number((number >> BigInt(8 * (size - 1 - i))) & 0xffn));

  const declaredLength = ({ declared, payload }) => declared ?? BigInt(payload.length);

  // The length as it follows the second byte; nothing where the seven bits hold it.
  const lengthBytes = (frame) => bigEndianBytes(declaredLength(frame), frame.form.size);

  function secondByte(frame) {
    return (frame.isMasked ? 0x80 : 0) | (frame.form.mark ?? Number(declaredLength(frame)));
  }

  function frameBytes(frame) {
    const { first, isMasked, key, payload } = frame;
    const sent = isMasked ? payload.map((byte, i) => byte ^ key[i % 4]) : payload;
    return Uint8Array.from([first, secondByte(frame), ...lengthBytes(frame), ...(isMasked ? key : []), ...sent]);
  }

  // Flips a bit, of which the first is worth most. MASK brings its key; the lengths 126 and 127 bring more bytes.
  function flipped(frame, byte, i) {
    const bit = 0x80 >> i;
    if (byte === 0) return { ...frame, first: frame.first ^ bit };
    if (i === 0) return { ...frame, isMasked: !frame.isMasked };
    const seven = (secondByte(frame) & 0x7f) ^ bit;
    const longer = FORMS.find(({ mark }) => mark === seven);
    if (longer) return { ...frame, form: longer, declared: undefined };
    return { ...frame, form: FORMS[0], declared: BigInt(seven) };
  }

  // Bytes as hexadecimal digits, or undefined where something else is written.
  function bytesOfHex(text) {
    const digits = text.replace(/[\s,]|0x/gi, '');
    if (!/^([0-9a-f]{2})*$/i.test(digits)) return undefined;
    return (digits.match(/../g) ?? []).map((pair) => parseInt(pair, 16));
  }

  const hexText = (bytes) => bytes.map(hexOf).join(' ');

  // Bytes as a text that can be typed, or undefined where they are none.
  function textOfBytes(bytes) {
    try {
      const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
      return /[\0-\x09\x0b-\x1f\x7f]/.test(text) ? undefined : text;
    } catch {
      return undefined;
    }
  }

  // The character that begins at each byte: nothing within a character, � where it is not UTF-8.
  function charactersOf(bytes) {
    const text = textOfBytes(bytes);
    if (text === undefined) return bytes.map((byte) => (byte < 0x80 ? visibleCharacter(String.fromCharCode(byte)) : '�'));
    return [...text].flatMap((character) => [visibleCharacter(character), ...Array(utf8(character).length - 1).fill('')]);
  }

  function visibleCharacter(character) {
    if (character === ' ') return '␣';
    return character < ' ' || character === '\x7f' ? '·' : character;
  }

  // A field with its label, and a line for what is wrong in it.
  class Field {
    constructor(id, label, input, read) {
      this.input = input;
      this.error = element('p', { class: 'play-error', id: `${id}-error`, role: 'alert' });
      input.setAttribute('aria-describedby', this.error.id);
      input.setAttribute('spellcheck', 'false');
      input.setAttribute('autocomplete', 'off');
      input.addEventListener('input', () => this.say(read(input.value)));
      this.label = element('label', {}, `${label} `, input);
    }

    say(error = '') {
      this.error.textContent = error;
      this.input.setAttribute('aria-invalid', String(error !== ''));
    }

    // What is being typed is left as it is.
    show(text) {
      if (document.activeElement === this.input) return;
      this.input.value = text;
      this.say();
    }
  }

  // Of several buttons, Tab reaches one; arrow keys go on from there.
  function oneStop(buttons) {
    buttons.forEach((one, i) => (one.tabIndex = i === 0 ? 0 : -1));
  }

  function arrowKeys(buttons) {
    oneStop(buttons);
    buttons.forEach((one, i) =>
      one.addEventListener('keydown', ({ key }) => {
        const next = buttons[i + ({ ArrowRight: 1, ArrowLeft: -1 }[key] ?? 0)];
        if (!next || next === one) return;
        [one.tabIndex, next.tabIndex] = [-1, 0];
        next.focus();
      }),
    );
  }

  function choice(name, text, onchange) {
    const input = element('input', { type: 'radio', name });
    input.addEventListener('change', onchange);
    return { input, label: element('label', {}, input, ` ${text}`) };
  }

  // How each bit of a field is called, for those who do not see where it is.
  function namesOfBits(name, count) {
    if (count === 1) return [name];
    return Array.from({ length: count }, (_, i) => (name === 'RSV' ? `RSV${i + 1}` : `${name}, the bit worth ${2 ** (count - 1 - i)}`));
  }

  const group = (name, ...children) => element('fieldset', {}, element('legend', {}, name), ...children);

  class Play {
    constructor(section, number) {
      this.request = bytesOfHex(section.dataset.request);
      this.id = `play-${number}`;
      this.units = element('ul', { class: 'play-units' });
      this.beside = element('div', { class: 'play-beside' });
      // What it shows is said below, with names.
      this.line = element('p', { class: 'play-line', 'aria-hidden': 'true' });
      this.verdict = element('p', { class: 'play-verdict', role: 'status' });
      const prepared = PREPARED.map(([name, make]) => button('play-prepared', name, () => this.begin(make())));
      section.append(
        element('p', {}, element('strong', {}, 'A frame to play with.'), ' Flip a bit, or change the length, the key or the payload: the bytes follow.'),
        group('Start from', ...prepared),
        this.senders(),
        this.line,
        this.bitGroups(),
        this.verdict,
        element('div', { class: 'play-fields' }, this.lengthForms(), this.keyField(), this.payloadField()),
        this.units,
        this.beside,
        this.ends(),
      );
      section.classList.add('live');
      this.begin(PREPARED[0][1]());
    }

    senders() {
      this.sides = ['client', 'server'].map((side) => [side, choice(`${this.id}-from`, `a ${side}`, () => this.change({ from: side }))]);
      return group('Who sends it?', ...this.sides.map(([, { label }]) => label));
    }

    // The bits of the first two bytes, each a switch.
    bitGroups() {
      this.digits = [element('code'), element('code')];
      this.bitNames = [FIRST, SECOND].map((names) => names.flatMap(([name, count]) => namesOfBits(name, count)));
      this.bits = this.bitNames.map((names) => names.map(() => button('play-bit', '0')));
      this.bits.forEach((bits, byte) => bits.forEach((bit, i) => bit.addEventListener('click', () => this.set(flipped(this.frame, byte, i)))));
      arrowKeys(this.bits.flat());
      const byteGroup = (names, byte, title) => {
        const rest = [...this.bits[byte]];
        const fields = names.map(([name, count]) =>
          element('div', { class: 'play-field' }, element('span', { class: 'play-name', 'aria-hidden': 'true' }, name), element('span', { class: 'play-switches' }, ...rest.splice(0, count))),
        );
        return element('fieldset', { class: 'play-byte' }, element('legend', {}, `${title}: `, this.digits[byte]), ...fields);
      };
      return element('div', { class: 'play-bits' }, byteGroup(FIRST, 0, 'First byte'), byteGroup(SECOND, 1, 'Second byte'));
    }

    lengthForms() {
      this.forms = FORMS.map((form) => [form, choice(`${this.id}-form`, form.name, () => this.change({ form, declared: undefined }))]);
      this.length = new Field(`${this.id}-length`, 'extended payload length', element('input', { size: 23 }), (text) => this.readLength(text));
      return group('The length takes', ...this.forms.map(([, { label }]) => label), this.length.label, this.length.error);
    }

    readLength(text) {
      const { size } = this.frame.form;
      const bytes = bytesOfHex(text);
      if (bytes?.length !== size) return `Write ${size} bytes, each as two digits, like ${hexText(bigEndianBytes(7n, size))}.`;
      this.change({ declared: BigInt(`0x${hexText(bytes).replaceAll(' ', '')}`) });
      return undefined;
    }

    keyField() {
      this.key = new Field(`${this.id}-key`, '', element('input', { size: 12, 'aria-label': 'masking-key, in hexadecimal' }), (text) => this.readKey(text));
      this.newKey = button('play-new-key', 'New key', () => this.change({ key: [...crypto.getRandomValues(new Uint8Array(4))] }));
      return group('Masking-key', this.key.label, this.newKey, this.key.error);
    }

    readKey(text) {
      const bytes = bytesOfHex(text);
      if (bytes?.length !== 4) return 'Write 4 bytes, each as two digits, like 37 fa 21 3d.';
      this.change({ key: bytes });
      return undefined;
    }

    payloadField() {
      this.ways = ['text', 'hex'].map((way) => [way, choice(`${this.id}-way`, way === 'hex' ? 'hexadecimal' : way, () => this.write(way))]);
      this.payload = new Field(`${this.id}-payload`, '', element('textarea', { rows: 2, 'aria-label': 'payload' }), (text) => this.readPayload(text));
      this.count = element('span', { class: 'play-count' });
      return group('Payload', ...this.ways.map(([, { label }]) => label), this.count, this.payload.label, this.payload.error);
    }

    readPayload(text) {
      const bytes = this.way === 'hex' ? bytesOfHex(text) : utf8(text);
      if (!bytes) return 'Write each byte as two digits, like 4c 69.';
      if (bytes.length > MOST) return `${counted(bytes.length)} are too many to play with: use at most ${counted(MOST)}.`;
      this.change({ payload: bytes, form: shortestForm(bytes.length), declared: undefined });
      return undefined;
    }

    // Shows the payload as text or in hexadecimal. Not all bytes are text.
    write(way) {
      const text = way === 'text' ? textOfBytes(this.frame.payload) : undefined;
      this.way = text === undefined ? 'hex' : 'text';
      this.payload.show(text ?? hexText(this.frame.payload));
      this.ways.forEach(([name, { input }]) => (input.checked = name === this.way));
      if (this.way !== way) this.payload.say('These bytes cannot be typed as text, so they stay in hexadecimal.');
    }

    ends() {
      const send = button('play-send', 'Send it to a lab', () => toLab([...this.request, ...frameBytes(this.frame)]));
      const again = button('play-again', 'Start again', () => this.begin(PREPARED[0][1]()));
      return element('div', { class: 'play-ends' }, isWorkshop ? send : undefined, again);
    }

    begin(frame) {
      this.set(frame);
      this.write(textOfBytes(frame.payload) === undefined ? 'hex' : 'text');
    }

    change(changes) {
      this.set({ ...this.frame, ...changes });
    }

    set(frame) {
      this.frame = frame;
      const bytes = frameBytes(frame);
      const units = decodeFrames(bytes, frame.from);
      this.showControls(bytes);
      this.showVerdict(units, bytes);
      this.showUnits(units, false);
      this.showLine(units[0], bytes);
      this.showBeside();
    }

    showControls([first, second]) {
      const { from, form, isMasked, key, payload } = this.frame;
      [first, second].forEach((byte, at) => {
        this.digits[at].textContent = hexOf(byte);
        this.bits[at].forEach((bit, i) => {
          const isSet = Boolean(byte & (0x80 >> i));
          bit.textContent = isSet ? '1' : '0';
          bit.setAttribute('aria-label', `${this.bitNames[at][i]}: ${bit.textContent}`);
          bit.setAttribute('aria-pressed', String(isSet));
        });
      });
      this.sides.forEach(([side, { input }]) => (input.checked = side === from));
      this.forms.forEach(([each, { input }]) => {
        input.checked = each === form;
        input.disabled = payload.length > each.most;
      });
      this.length.label.hidden = form.size === 0;
      this.length.show(hexText(lengthBytes(this.frame)));
      this.key.input.disabled = !isMasked;
      this.newKey.disabled = !isMasked;
      this.key.show(hexText(key));
      this.count.textContent = counted(payload.length);
    }

    // What is wrong with the frame, with what a receiver makes of a length that is not the payload's.
    showVerdict([frame, next], bytes) {
      const lines = frame.faults.map(({ why, section }) => `✗ ${why} (RFC 6455, section ${section})`);
      const missing = declaredLength(this.frame) - BigInt(this.frame.payload.length);
      if (!frame.complete) lines.push(`… the payload is shorter than declared: the receiver waits for ${counted(missing)} more`);
      if (next) lines.push(`… the payload is longer than declared: what is left, ${counted(bytes.length - frame.end)}, is taken for another frame`);
      if (lines.length === 0) lines.push('✓ this frame keeps all rules of RFC 6455');
      // It is read aloud, but only when it has changed.
      const text = lines.join('\n');
      if (this.said === text) return;
      this.said = text;
      this.verdict.replaceChildren(...lines.map((line) => element('span', {}, line)));
    }

    // The frame, and the beginning of what is taken for another one.
    showUnits(units, showAll) {
      const shown = units.slice(0, 2).map((unit, i) =>
        unitElement({ client: 1, from: this.frame.from, unit }, showAll && i === 0, () => {
          this.showUnits(units, true);
          this.units.querySelector('.byte').focus();
        }, { crowd: false }),
      );
      for (const unit of shown) for (const kind of ['.byte', '.part']) oneStop([...unit.querySelectorAll(kind)]);
      this.units.replaceChildren(...shown);
    }

    // The first bytes of the frame, in one line.
    showLine(unit, bytes) {
      const roles = rolesOf(unit, bytes.slice(0, unit.end));
      const digits = [...bytes.slice(0, LINE)].map((byte, i) => element('span', { class: roleClass(roles[i]) }, hexOf(byte)));
      this.line.replaceChildren(...digits, bytes.length > LINE ? '…' : '');
    }

    // Each byte of the payload on its way: as it is sent, and as it is meant.
    showBeside() {
      const { isMasked, key, payload } = this.frame;
      const meant = payload.slice(0, BESIDE);
      const characters = charactersOf(payload).slice(0, BESIDE);
      const keys = meant.map((_, i) => key[i % 4]);
      const rows = isMasked
        ? [['on the wire', meant.map((byte, i) => hexOf(byte ^ keys[i]))], ['XOR the key', keys.map(hexOf)], ['unmasked', meant.map(hexOf)], ['character', characters]]
        : [['on the wire', meant.map(hexOf)], ['character', characters]];
      const tables = [];
      for (let start = 0; start < meant.length; start += COLUMNS) tables.push(besideTable(rows, start));
      const left = payload.length - meant.length;
      this.beside.replaceChildren(...tables, left > 0 ? element('p', {}, `and ${counted(left)} more`) : '');
    }
  }

  function besideTable(rows, start) {
    const cells = (values) => values.slice(start, start + COLUMNS).map((value) => element('td', {}, value));
    const lines = rows.map(([name, values]) => element('tr', {}, element('th', { scope: 'row' }, name), ...cells(values)));
    return element('table', { 'aria-label': `the payload, from byte ${start} on` }, element('tbody', {}, ...lines));
  }

  document.querySelectorAll('section.play').forEach((section, i) => new Play(section, i));
})();
