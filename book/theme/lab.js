// The lab: what crosses the wire between this page and a server, byte by byte, with names.
//
// A page holds a recording of its chapter's conversation. Served by the workshop (`cargo run`), it can
// also start that chapter's server, connect to it with the browser's own WebSocket, and show what passes.
// Recording and live conversation are the same events, so one piece of code shows both.
'use strict';

(() => {
  const ROW = 16; // bytes in a row
  const SHOWN = 4 * ROW; // bytes of a unit that are shown before you ask for all
  const HEAD = 128 * ROW; // and of a head: its rows scroll, so that a name finds its bytes
  const UNITS = 200; // units that stay in the page

  // ---- One unit: its bytes, the names of its parts, and the light between them. ----

  function partText(part) {
    return [part.name, part.value, part.note && `(${part.note})`].filter(Boolean).join(' ');
  }

  function ascii(byte) {
    return byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·';
  }

  // The eight bits of a byte, with brackets around those of each part: [1][000][0001].
  function bitsText(byte, ranges) {
    const opens = (i) => (ranges.some(([first]) => first === i) ? '[' : '');
    const closes = (i) => (ranges.some(([, last]) => last === i + 1) ? ']' : '');
    const bits = [...byte.toString(2).padStart(8, '0')];
    return bits.map((bit, i) => opens(i) + bit + closes(i)).join('');
  }

  function unitElement({ client, from, unit }, showAll, onShowAll) {
    const bytes = unit.hex ? unit.hex.split(' ').map((digits) => parseInt(digits, 16)) : [];
    const most = unit.kind.endsWith('head') ? HEAD : SHOWN;
    const shown = showAll ? bytes.length : Math.min(bytes.length, most);
    const direction = from === 'client' ? `client ${client} → server` : `server → client ${client}`;
    const item = element('li', {
      class: `unit from-${from}`,
      'data-client': client,
      'data-from': from,
      'data-kind': unit.kind,
      'data-start': unit.start,
      'data-complete': String(unit.complete),
      'data-hex': unit.hex,
      'data-text': unit.text ?? '',
    });
    item.append(element('p', { class: 'unit-title' }, element('span', { class: 'direction' }, direction), ` ${unit.title}`));

    const cells = bytes.slice(0, shown).map((byte, i) => byteButton(unit, byte, i));
    const names = unit.parts.map((part) => ({ part, name: button('part', partText(part)) }));
    const detail = element('p', { class: 'unit-bits', 'aria-hidden': 'true' });
    connect(unit, bytes, cells, names, detail);

    const rows = byteRows(unit, bytes, cells);
    rows.classList.toggle('scrolls', !showAll && shown > SHOWN);
    item.append(rows);
    const left = bytes.length - shown;
    if (left > 0) {
      item.append(button('show-all', `show all ${bytes.length} bytes`, onShowAll));
      // On paper nothing can be pressed.
      item.append(element('p', { class: 'unit-note unit-left' }, `and ${left} more bytes`));
    }
    if (unit.omitted > 0) item.append(element('p', { class: 'unit-note' }, `and ${unit.omitted} more bytes, not kept here`));
    // Its place is kept, so that nothing moves under the pointer.
    if (unit.parts.some((part) => part.bits)) item.append(detail);
    item.append(element('ul', { class: 'unit-parts' }, ...names.map(({ name }) => element('li', {}, name))));
    if (unit.pieces?.length > 1) {
      item.append(element('p', { class: 'unit-note' }, `arrived in ${unit.pieces.length} pieces: ${unit.pieces.join(' + ')} bytes`));
    }
    if (!unit.complete && unit.kind !== 'body' && unit.kind !== 'unknown') item.append(element('p', { class: 'unit-note' }, 'not all here yet'));
    for (const { why, section } of unit.faults) {
      item.append(element('p', { class: 'fault' }, `✗ ${why} (${source(section)})`));
    }
    return item;
  }

  // A number is a section of RFC 6455; the older draft stands for itself.
  const source = (section) => (/^\d/.test(section) ? `RFC 6455, section ${section}` : section);

  function byteButton(unit, byte, i) {
    const at = unit.start + i;
    const names = unit.parts.filter((part) => part.start <= at && at < part.end).map(partText);
    const digits = byte.toString(16).padStart(2, '0');
    const cell = button('byte', digits);
    cell.setAttribute('aria-label', `byte ${at}: ${digits}, ${names.join(', ') || 'no name'}`);
    cell.tabIndex = -1;
    return cell;
  }

  // Rows of bytes with their characters beside them; a bar where one read ended and the next began.
  function byteRows(unit, bytes, cells) {
    let edge = 0;
    const edges = new Set((unit.pieces ?? []).slice(0, -1).map((length) => (edge += length)));
    const rows = element('div', { class: 'unit-bytes', role: 'group', 'aria-label': `${cells.length} bytes; arrow keys move between them, Page Up and Page Down go to another message` });
    for (let start = 0; start < cells.length; start += ROW) {
      const row = cells.slice(start, start + ROW);
      row.forEach((cell, i) => cell.classList.toggle('cut', edges.has(start + i)));
      const text = bytes.slice(start, start + row.length).map(ascii).join('');
      rows.append(element('div', { class: 'row' }, element('span', { class: 'cells' }, ...row), element('span', { class: 'ascii', 'aria-hidden': 'true' }, text)));
    }
    return rows;
  }

  // Pointing at a name lights up its bytes; pointing at a byte lights up its names.
  function connect(unit, bytes, cells, names, detail) {
    const light = (parts, from, to) => {
      cells.forEach((cell, i) => cell.classList.toggle('lit', from <= i && i < to));
      if (from < to && cells[from]) reveal(cells[from]);
      names.forEach(({ part, name }) => name.classList.toggle('lit', parts.includes(part)));
      const named = parts.filter((part) => part.bits);
      detail.textContent = named.length > 0 ? bitsText(bytes[from], named.map((part) => part.bits)) : '';
    };
    const dark = () => light([], 0, 0);
    const whenPointed = (target, lit) => {
      for (const kind of ['mouseenter', 'focus']) target.addEventListener(kind, lit);
      for (const kind of ['mouseleave', 'blur']) target.addEventListener(kind, dark);
    };
    for (const { part, name } of names) {
      whenPointed(name, () => light([part], part.start - unit.start, part.end - unit.start));
    }
    cells.forEach((cell, i) => {
      const at = unit.start + i;
      const parts = unit.parts.filter((part) => part.start <= at && at < part.end);
      whenPointed(cell, () => light(parts, i, i + 1));
      cell.addEventListener('keydown', (event) => moveAmong(cells, i, ROW, event));
    });
    const buttons = names.map(({ name }) => name);
    buttons.forEach((name, i) => name.addEventListener('keydown', (event) => moveAmong(buttons, i, 1, event)));
  }

  // Where the rows of a head scroll, the row of a byte comes into view, and nothing else moves.
  function reveal(cell) {
    const rows = cell.closest('.scrolls');
    if (!rows) return;
    const top = cell.offsetTop - rows.offsetTop;
    if (top < rows.scrollTop || top + cell.offsetHeight > rows.scrollTop + rows.clientHeight) rows.scrollTop = top;
  }

  function moveAmong(all, i, row, event) {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: row, ArrowUp: -row }[event.key];
    if (!step) return;
    event.preventDefault();
    all[i + step]?.focus();
  }

  // Of a whole conversation, Tab reaches one byte, one name and one button of one unit: those that had the focus last. Arrow
  // keys go on from there, and Page Up and Page Down go to another unit.
  function isReached(unit, focused) {
    for (const kind of ['.byte', '.part', '.show-all']) {
      const all = [...unit.querySelectorAll(kind)];
      const one = all.find((button) => button === focused) ?? all.find((button) => button.tabIndex === 0) ?? all[0];
      all.forEach((button) => (button.tabIndex = button === one ? 0 : -1));
    }
  }

  function isNotReached(unit) {
    unit.querySelectorAll('button').forEach((button) => (button.tabIndex = -1));
  }

  // ---- The conversation: units in the order of their first byte, and the server's terminal. ----

  const unitKey = ({ client, from, start }) => `${client} ${from} ${start}`;

  class Conversation {
    // With more than one column, each client has its own, and each event its own row: who waits and who
    // hears is seen at once.
    constructor(columns) {
      this.columns = columns;
      this.row = 0;
      this.column = new Map(); // the column of each client that is known by another than its number
      this.shared = undefined; // the unit of the server that came last, and to whom it went
      this.units = element('ol', { class: 'lab-units' });
      this.units.addEventListener('focusin', ({ target }) => this.reach(target.closest('.unit'), target));
      this.units.addEventListener('keydown', (event) => this.turn(event));
      // Nothing in it takes the focus, so it must itself, to be scrolled with the keyboard.
      this.lines = element('ol', { class: 'lab-terminal', tabindex: 0, 'aria-label': "the server's terminal" });
      this.places = new Map(); // the element of each unit in the page, by its key
      this.whole = new Set(); // keys of the units of which all bytes are shown
      this.element = element(
        'div',
        { class: 'lab-views' },
        element('div', { class: 'lab-wire' }, element('p', { class: 'lab-heading' }, 'The wire'), this.units),
        element('div', { class: 'lab-screen' }, element('p', { class: 'lab-heading' }, "The server's terminal"), this.lines),
      );
    }

    clear() {
      this.units.replaceChildren();
      this.lines.replaceChildren();
      this.places.clear();
      this.whole.clear();
      this.column.clear();
      this.shared = undefined;
      this.reached = undefined;
      this.row = 0;
    }

    // Lets Tab reach this unit, and no other.
    reach(unit, focused) {
      if (!unit) return;
      if (this.reached && this.reached !== unit) isNotReached(this.reached);
      this.reached = unit;
      isReached(unit, focused);
    }

    turn(event) {
      const step = { PageDown: 1, PageUp: -1 }[event.key];
      const unit = event.target.closest('.unit');
      if (!step || !unit) return;
      event.preventDefault();
      const units = [...this.units.querySelectorAll('.unit')];
      units[units.indexOf(unit) + step]?.querySelector('.byte')?.focus();
    }

    rewind() {
      this.units.scrollTop = 0;
      this.lines.scrollTop = 0;
    }

    show(event) {
      if (event.type === 'unit') this.showUnit(event);
      if (event.type === 'line') this.append(this.lines, element('li', {}, event.text));
      if (event.type === 'closed') {
        const verb = event.how === 'reset' ? 'resets' : 'closes';
        const who = event.by === 'client' ? `client ${event.client}` : 'the server';
        const text = `${who} ${verb} the connection`;
        this.append(this.units, this.place(element('li', { class: `closed from-${event.by}` }, text), event.client, false));
      }
    }

    // Puts an item into its client's column, in a new row, or beside the one before.
    place(item, client, beside) {
      if (this.columns === 1) return item;
      const column = this.column.get(client) ?? ((client - 1) % this.columns) + 1;
      if (!beside) this.row += 1;
      item.style.gridColumn = column;
      item.style.gridRow = this.row;
      return item;
    }

    // Whether a unit is the one before once more, for another client: one message, encoded once.
    isSame({ client, from, unit }) {
      return (
        from === 'server' && unit.complete && unit.kind.endsWith('frame') && this.shared?.hex === unit.hex && !this.shared.items.has(client)
      );
    }

    // Remembers what the server sends, and says in words where the same bytes go to several.
    share({ client, from, unit }, item, same) {
      if (!same) this.shared = { hex: from === 'server' ? unit.hex : undefined, items: new Map() };
      this.shared.items.set(client, item);
      const count = this.shared.items.size;
      if (count < 2) return;
      const bytes = unit.end - unit.start;
      for (const one of this.shared.items.values()) {
        one.querySelector('.unit-shared')?.remove();
        one.append(element('p', { class: 'unit-note unit-shared' }, `the same ${bytes} bytes for ${count} clients`));
      }
    }

    // A unit that grows comes again, and takes the place of what was there of it.
    showUnit(event) {
      const key = unitKey({ ...event, start: event.unit.start });
      const before = this.places.get(key);
      const now = unitElement(event, this.whole.has(key), () => this.showAll(key, event));
      this.places.set(key, now);
      isNotReached(now);
      // The newest one, unless somebody is reading.
      if (before === this.reached || !this.units.contains(document.activeElement)) this.reach(now);
      if (before) {
        now.style.cssText = before.style.cssText;
        this.change(this.units, () => before.replaceWith(now));
        return;
      }
      const same = this.isSame(event);
      this.append(this.units, this.place(now, event.client, same));
      this.change(this.units, () => this.share(event, now, same));
    }

    showAll(key, event) {
      this.whole.add(key);
      this.showUnit(event);
      // The button is gone: the focus goes to the first byte that it brought.
      this.places.get(key).querySelectorAll('.byte')[SHOWN].focus();
    }

    append(list, item) {
      this.change(list, () => list.append(item));
      while (list.childElementCount > UNITS) {
        this.places.delete(unitKey(list.firstElementChild.dataset));
        list.firstElementChild.remove();
      }
    }

    // Follows the end of a list, but leaves a reader alone who has scrolled away from it.
    change(list, make) {
      const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 20;
      make();
      if (atEnd) list.scrollTop = list.scrollHeight;
    }
  }

  // ---- The live lab. ----

  // One connection of the lab: a socket of this page, and what it takes to use it.
  class Connection {
    constructor(lab, number) {
      this.lab = lab;
      this.number = number;
      this.connectButton = button('lab-connect', 'Connect', () => (this.socket ? this.socket.close() : this.connect()));
      this.message = element('input', { class: 'lab-message', value: 'Li Jing', 'aria-label': `message${lab.of(number)}`, size: 20 });
      this.sendButton = button('lab-send', 'Send', () => this.send());
      this.message.addEventListener('keydown', (event) => {
        event.stopPropagation();
        if (event.key === 'Enter') this.send();
      });
      const tools = [this.connectButton, this.message, this.sendButton];
      if (lab.count === 1) {
        this.status = lab.status;
        this.element = element('div', { class: 'lab-tools' }, ...tools);
        return;
      }
      this.name = element('legend', {}, `connection ${number}`);
      this.status = element('p', { class: 'lab-said', role: 'status' });
      this.element = element('fieldset', { class: 'lab-connection' }, this.name, ...tools, this.status);
    }

    // What can be pressed follows from what there is: a lab, a socket, an open socket.
    enable() {
      this.connectButton.disabled = !this.lab.address;
      this.connectButton.textContent = this.socket ? 'Disconnect' : 'Connect';
      this.sendButton.disabled = this.socket?.readyState !== WebSocket.OPEN;
    }

    // The wire counts clients in the order in which they come.
    isClient(client) {
      if (this.name) this.name.textContent = `connection ${this.number}: client ${client}`;
    }

    // Resolves when it is open, or has failed.
    connect() {
      const socket = new WebSocket(`${this.lab.address}/chat`);
      this.socket = socket;
      this.lab.expect(this);
      this.say('connecting …');
      socket.onmessage = ({ data }) => this.say(typeof data === 'string' ? `onmessage: ${JSON.stringify(data)}` : 'onmessage: binary');
      // A browser fires onclose right after onerror: nobody would see the first of the two alone.
      let error = '';
      socket.onerror = () => (error = 'onerror fired, then ');
      return new Promise((resolve) => {
        socket.onopen = () => {
          this.say('onopen fired: handshake successful');
          resolve();
        };
        socket.onclose = ({ code, wasClean }) => {
          if (this.socket === socket) this.socket = undefined;
          this.say(`${error}onclose fired: code ${code}, ${wasClean ? 'clean' : 'not clean'}`);
          resolve();
        };
      });
    }

    say(text) {
      this.status.textContent = text;
      this.lab.enable();
    }

    send() {
      if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(this.message.value);
    }
  }

  class Lab {
    constructor(section) {
      this.chapter = Number(section.dataset.chapter);
      this.recording = JSON.parse(section.querySelector('.lab-recording').textContent);
      this.request = section.dataset.request ?? '';
      this.rawFirst = section.dataset.first === 'raw';
      this.rawOpen = section.dataset.raw === 'open';
      this.count = Number(section.dataset.clients);
      section.classList.toggle('crowd', this.count > 1);
      this.coming = []; // who connects, in order, and has not been seen on the wire
      this.conversation = new Conversation(this.count);
      this.status = element('p', { class: 'lab-status', role: 'status' });
      const live = section.dataset.workshop === 'true';
      const tools = live ? this.tools() : [this.invitation()];
      section.append(...tools, this.status, this.conversation.element);
      keepsArrowKeys(section);
      this.recording.events.forEach((event) => this.conversation.show(event));
      this.conversation.rewind();
      this.say(`This is a recording: ${this.recording.title}.`);
    }

    invitation() {
      return element(
        'p',
        { class: 'lab-invitation' },
        'To bring this to life, clone the course, type ',
        element('code', {}, 'cargo run'),
        ' in its folder, and open the address that it prints.',
      );
    }

    tools() {
      this.server = new ServerChoice(`subject-${this.chapter}`, "this chapter's", 'mine');
      this.startButton = button('lab-start', 'Start the server', () => (this.run ? this.stop() : this.start()));
      this.connections = Array.from({ length: this.count }, (_, i) => new Connection(this, i + 1));
      this.allButton = button('lab-connect-all', 'Connect all', () => this.connectAll());
      this.rawText = element('textarea', { class: 'lab-raw', rows: this.request.split('\n').length + 1, 'aria-label': 'raw request', spellcheck: 'false' });
      this.rawText.value = this.request;
      this.rawText.addEventListener('keydown', (event) => event.stopPropagation());
      this.rawButton = button('lab-raw-send', 'Send these bytes', () => this.sendRaw());
      const sockets = element('div', { class: 'lab-connections' }, ...this.connections.map((one) => one.element));
      const escapes = element('p', {}, 'Each line ends with \\r\\n. ', element('code', {}, '\\x00'), ' stands for the byte 00, and so with any two digits.');
      const raw = element('details', { class: 'lab-raw-tools', open: this.rawOpen }, element('summary', {}, 'A request, byte for byte'), escapes, this.rawText, this.rawButton);
      this.enable();
      const start = element('div', { class: 'lab-tools' }, this.startButton, this.server.element, this.count > 1 ? this.allButton : undefined);
      return [start, ...(this.rawFirst ? [raw, sockets] : [sockets, raw])];
    }

    // How a label says which of several it belongs to.
    of(number) {
      return this.count > 1 ? ` of connection ${number}` : '';
    }

    enable() {
      const open = this.number !== undefined;
      this.startButton.textContent = this.run ? 'Stop' : 'Start the server';
      this.allButton.disabled = !open || this.connections.every(({ socket }) => socket);
      this.rawButton.disabled = !open;
      this.connections.forEach((connection) => connection.enable());
    }

    say(text) {
      this.status.textContent = text;
    }

    async start() {
      const run = new AbortController();
      this.run = run;
      this.conversation.clear();
      this.say('starting …');
      this.enable();
      const { address } = this.server;
      const subject = address === undefined ? { chapter: this.chapter } : { address };
      const trouble = await follow('lab', subject, run.signal, (line) => this.hear(JSON.parse(line)));
      // It may have been stopped in the meantime, and another one started.
      if (this.run === run) this.end(trouble ? `The lab could not go on: ${trouble}` : 'The lab has ended.');
    }

    stop() {
      this.run.abort();
      this.end('The server is stopped.');
    }

    end(text) {
      this.connections.forEach(({ socket }) => socket?.close());
      this.coming = [];
      this.run = undefined;
      this.number = undefined;
      if (!this.failed) this.say(text);
      this.failed = false;
      this.enable();
    }

    // The workshop sends an event a line, for as long as the lab lives.
    hear(event) {
      if (event.type === 'building') {
        this.say(event.text);
      } else if (event.type === 'ready') {
        this.number = event.lab;
        this.say(`This page reaches the server at ${event.server} through the workshop, which shows every byte.`);
      } else if (event.type === 'failed' || event.type === 'stopped') {
        this.failed = true;
        this.say(event.text);
      } else {
        this.meet(event.client);
        this.conversation.show(event);
      }
      this.enable();
    }

    // Where a WebSocket reaches the lab: on the port that this page came from, because no other need be open.
    get address() {
      if (this.number === undefined) return undefined;
      return new URL(`lab/${this.number}`, location.href).href.replace(/^http/, 'ws');
    }

    // Somebody is about to connect: the next client that is new on the wire.
    expect(connection) {
      this.coming.push(connection);
    }

    // A client is on the wire: whose is it, and in which column is it shown?
    meet(client) {
      if (client === undefined || this.conversation.column.has(client)) return;
      const connection = this.coming.shift();
      connection?.isClient(client);
      const column = connection?.number ?? this.freeColumn();
      this.conversation.column.set(client, column);
    }

    // Where a raw request is shown: where nobody is connected, or else at the end.
    freeColumn() {
      return (this.connections.findIndex(({ socket }) => !socket) + 1) || this.count;
    }

    // One after the other, so that the wire counts them in this order.
    async connectAll() {
      for (const connection of this.connections) {
        if (!connection.socket) await connection.connect();
      }
    }

    async sendRaw() {
      const text = this.rawText.value.replace(/\r?\n/g, '\r\n');
      this.say('sending …');
      this.expect(undefined);
      try {
        const response = await ask('lab/raw', { lab: this.number, text });
        this.say(response.ok ? 'The request is sent.' : await response.text());
      } catch (error) {
        this.say(`The request could not be sent: ${error.message}`);
      }
    }
  }

  // ---- The page. ----

  document.querySelectorAll('section.lab').forEach((section) => new Lab(section));
})();
