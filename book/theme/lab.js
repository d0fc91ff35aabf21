// The lab: what crosses the wire between this page and a server, byte by byte, with names.
//
// A page holds a recording of its chapter's conversation. Served by the workshop (`cargo run`), it can
// also start that chapter's server, connect to it with the browser's own WebSocket, and show what passes.
// Recording and live conversation are the same events, so one piece of code shows both.
'use strict';

(() => {
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

  document.querySelectorAll('section.lab').forEach((section) => new Lab(section));
})();
