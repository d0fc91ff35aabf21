// The lab: what crosses the wire between this page and a server, byte by byte, with names.
//
// A page holds a recording of its chapter's conversation. Served by the workshop (`cargo run`), it can
// also start that chapter's server, connect to it with the browser's own WebSocket, and show what passes.
// Recording and live conversation are the same events, so one piece of code shows both.
'use strict';

(() => {
  const LONGEST_SAID = 300; // letters of a message that are repeated: the wire has all of it
  const LINES = 8; // of a raw request that are seen at once, where it is not what the lab begins with
  const MORE_LINES = 14; // and of one that a figure has sent

  const NO_ANSWER = 202; // the status with which the workshop says that nothing came back
  const WAITS = 'A server that takes one client after another takes this one when the open connection ends.';

  // One connection of the lab: a socket of this page, and what it takes to use it.
  class Connection {
    constructor(lab, number) {
      this.lab = lab;
      this.number = number;
      this.connectButton = button('lab-connect', 'Connect', () => (this.socket ? this.disconnect() : this.connect()));
      this.message = new MessageField(lab.of(number), () => this.send());
      this.sendButton = button('lab-send', 'Send', () => this.send());
      const say = element('span', { class: 'lab-say' }, this.message.input, this.sendButton);
      const tools = [this.connectButton, this.message.texts, say, this.message.count];
      if (lab.count === 1) {
        this.status = lab.status;
        this.element = element('div', { class: 'lab-tools lab-connection' }, ...tools);
        return;
      }
      this.name = element('legend', {});
      this.status = element('p', { class: 'lab-said', role: 'status' });
      this.element = element('fieldset', { class: 'lab-connection' }, this.name, ...tools, this.status);
      this.isClient(undefined);
    }

    // What can be pressed follows from what there is: a lab, a socket, an open socket.
    enable() {
      this.connectButton.disabled = !this.lab.address;
      this.connectButton.textContent = this.socket ? 'Disconnect' : 'Connect';
      this.sendButton.disabled = this.socket?.readyState !== WebSocket.OPEN;
    }

    // The wire counts clients in the order in which they come.
    isClient(client) {
      if (this.name) this.name.textContent = `connection ${this.number}${client === undefined ? '' : `: client ${client}`}`;
    }

    // Resolves when it is open, or has failed.
    connect() {
      const socket = new WebSocket(`${this.lab.address}/chat`);
      this.socket = socket;
      this.lab.expect(this);
      this.say(this.left ? `connecting … ${WAITS}` : 'connecting …');
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
          resolve();
          if (this.left === socket) this.left = undefined;
          // It may have been left, and another one opened.
          if (this.socket && this.socket !== socket) return;
          this.socket = undefined;
          this.say(`${error}onclose fired: code ${code}, ${wasClean ? 'clean' : 'not clean'}`);
        };
      });
    }

    // A server that does not know the Close frame does not answer it, and then a browser waits for a minute before it
    // fires onclose.
    disconnect() {
      this.left = this.socket;
      this.socket.close();
      this.socket = undefined;
      this.say('The page has said close(), and the browser has sent a Close frame. It waits for the answer of the server.');
    }

    // Its lab has ended: what its socket still has to say would hide that.
    forget() {
      for (const socket of [this.socket, this.left]) {
        if (!socket) continue;
        socket.onmessage = socket.onopen = socket.onclose = null;
        socket.close();
      }
      this.socket = this.left = undefined;
      this.isClient(undefined);
      if (this.status !== this.lab.status) this.say('');
    }

    say(text) {
      this.status.textContent = text.length > LONGEST_SAID ? `${text.slice(0, LONGEST_SAID)} … (${text.length} letters)` : text;
      this.lab.enable();
    }

    send() {
      if (this.socket?.readyState !== WebSocket.OPEN) return;
      this.socket.send(this.message.text);
      this.lab.showNewest();
    }
  }

  class Lab {
    constructor(section) {
      this.section = section;
      this.chapter = Number(section.dataset.chapter);
      this.recording = recordingOf(section.querySelector('.lab-recording'));
      this.request = section.dataset.request ?? '';
      this.rawFirst = section.dataset.first === 'raw';
      this.rawOpen = section.dataset.raw === 'open';
      this.count = Number(section.dataset.clients);
      section.classList.toggle('crowd', this.count > 1);
      this.coming = []; // who connects, in order, and has not been seen on the wire
      this.conversation = new Conversation(this.count);
      this.status = element('p', { class: 'lab-status', role: 'status' });
      this.screen = new FullScreen(section, () => this.fit());
      const live = section.dataset.workshop === 'true';
      const [before, after] = live ? this.tools() : [[this.invitation()], []];
      // In the place of what is there without a script.
      section.replaceChildren(...before, this.status, this.conversation.element, ...after);
      keepsEnd(this.conversation.units);
      keepsEnd(this.conversation.lines);
      this.recording.events.forEach((event) => this.conversation.show(event));
      this.conversation.rewind();
      this.say(`This is a recording: ${this.recording.title}.`);
      if (!live) return;
      section.addEventListener('bytes', ({ detail }) => this.take(detail));
      const bytes = bytesOnTheWay();
      if (bytes !== undefined) this.take(bytes);
    }

    invitation() {
      return element(
        'p',
        { class: 'lab-invitation' },
        'To bring this to life, type ',
        element('code', {}, 'cargo run'),
        ' in the folder of the course, and open the address that it prints.',
      );
    }

    // What goes before the conversation, and what after it: the message and its frames are to be seen together.
    tools() {
      this.server = new ServerChoice(`subject-${this.chapter}`, this.chapter);
      this.startButton = button('lab-start', 'Start the server', () => (this.run ? this.stop() : this.start()));
      this.connections = Array.from({ length: this.count }, (_, i) => new Connection(this, i + 1));
      this.allButton = button('lab-connect-all', 'Connect all', () => this.connectAll());
      this.raw = this.rawTools();
      const sockets = element('div', { class: 'lab-connections' }, ...this.connections.map((one) => one.element));
      this.enable();
      const all = this.count > 1 ? this.allButton : undefined;
      const start = element('div', { class: 'lab-tools' }, this.startButton, this.server.element, all, this.screen.button);
      return this.rawFirst ? [[start, this.raw, sockets], []] : [[start, sockets], [this.raw]];
    }

    rawTools() {
      const lines = this.request.split('\n').length + 1;
      const rows = this.rawFirst ? lines : Math.min(lines, LINES);
      this.rawText = element('textarea', { class: 'lab-raw', rows, 'aria-label': 'raw request', spellcheck: 'false' });
      this.rawText.value = this.request;
      this.rawText.addEventListener('keydown', (event) => event.key === 'Escape' || event.stopPropagation());
      this.rawButton = button('lab-raw-send', 'Send these bytes', () => this.sendRaw());
      const escapes = element('p', {}, 'Each line ends with \\r\\n. ', element('code', {}, '\\x00'), ' stands for the byte 00, and so with any two digits.');
      return element('details', { class: 'lab-raw-tools', open: this.rawOpen }, element('summary', {}, 'A request, byte for byte'), escapes, this.rawText, this.rawButton);
    }

    // Bytes that a figure sends: they wait in the raw request, and the next key sends them.
    take(text) {
      this.raw.open = true;
      this.rawText.value = text;
      this.rawText.rows = Math.min(text.split('\n').length + 1, MORE_LINES);
      const isOpen = this.number !== undefined;
      this.say(isOpen ? 'The bytes are in the raw request: send them.' : 'The bytes are in the raw request: start the server first, then send them.');
      (isOpen ? this.rawButton : this.startButton).focus({ preventScroll: true });
      this.section.scrollIntoView({ block: 'start' });
      // What was sent is at the end, behind its request.
      this.rawText.scrollTop = this.rawText.scrollHeight;
    }

    // On a full screen, what is not used at once is folded away.
    fit() {
      if (this.screen.isFull && this.raw && !this.rawFirst) this.raw.open = false;
      this.toNewest();
    }

    // What was said last is in view, wherever somebody has scrolled to.
    showNewest() {
      this.toNewest();
      this.conversation.units.scrollIntoView({ block: 'nearest' });
    }

    toNewest() {
      for (const list of [this.conversation.units, this.conversation.lines]) list.scrollTop = list.scrollHeight;
    }

    // How a label says which of several it belongs to.
    of(number) {
      return this.count > 1 ? ` of connection ${number}` : '';
    }

    enable() {
      const open = this.number !== undefined;
      this.section.classList.toggle('runs', this.run !== undefined);
      this.startButton.textContent = this.run ? 'Stop' : 'Start the server';
      this.allButton.disabled = !open || this.connections.every(({ socket }) => socket);
      this.rawButton.disabled = !open;
      this.connections.forEach((connection) => connection.enable());
    }

    say(text) {
      this.status.replaceChildren(...sentence(text));
    }

    async start() {
      const run = new AbortController();
      this.run = run;
      this.conversation.clear();
      this.server.note.textContent = '';
      this.say('starting …');
      this.enable();
      const trouble = await follow('lab', this.server.choice, run.signal, (line) => this.hear(JSON.parse(line)));
      // It may have been stopped in the meantime, and another one started.
      if (this.run === run) this.end(trouble ? `The lab could not go on: ${trouble}` : 'The lab has ended.');
    }

    stop() {
      this.run.abort();
      this.end('The server is stopped.');
    }

    end(text) {
      this.connections.forEach((connection) => connection.forget());
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
        this.explain(event.text);
      } else {
        this.meet(event.client);
        this.conversation.show(event);
      }
      this.enable();
    }

    // What a compiler or a server has said stands in the terminal.
    explain(text) {
      const [why, ...lines] = text.split('\n');
      this.say(why);
      lines.forEach((line) => this.conversation.show({ type: 'line', text: line }));
    }

    // Where a WebSocket reaches the lab: on the port that this page came from, because no other need be open.
    get address() {
      if (this.number === undefined) return undefined;
      return socketAddress(`lab/${this.number}`);
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
      const { run } = this;
      this.say('sending …');
      this.expect(undefined);
      this.showNewest();
      const response = await ask('lab/raw', { lab: this.number, text }).catch(() => undefined);
      const said = response ? await response.text() : await whyNot();
      // The lab may have ended in the meantime, which says more.
      if (this.run !== run) return;
      this.say(response?.status === NO_ANSWER && this.isBusy ? `${said} ${WAITS}` : said);
    }

    // Whether a connection of this page may be why a request has to wait.
    get isBusy() {
      return this.connections.some(({ socket, left }) => socket ?? left);
    }
  }

  // A list that changes its size stays at its end, if it was there.
  function keepsEnd(list) {
    let isAtEnd = false;
    list.addEventListener('scroll', () => (isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 20));
    new ResizeObserver(() => isAtEnd && (list.scrollTop = list.scrollHeight)).observe(list);
  }

  document.querySelectorAll('section.lab').forEach((section) => new Lab(section));
})();
