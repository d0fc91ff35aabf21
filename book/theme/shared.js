// What the scripts of the book share: elements, and talk with the workshop. Text always goes in as text, never as
// HTML: it comes from the wire.
'use strict';

// Whether the workshop serves this page: as files, a page has no labs to send to and nobody to ask.
const isWorkshop = document.querySelector('meta[name="workshop"]') !== null;

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, '');
    else if (value !== undefined && value !== false) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

const byteOrBytes = (count) => (String(count) === '1' ? 'byte' : 'bytes');

// A number of any size, with its thousands apart.
const counted = (count) => `${count.toLocaleString('en')} ${byteOrBytes(count)}`;

// A sentence of the workshop, in which `this` is code.
const sentence = (text) => text.split('`').map((part, i) => (i % 2 ? element('code', {}, part) : part));

const button = (name, text, onclick) => element('button', { type: 'button', class: name, onclick }, text);

// Asks the workshop something. Its places are named from the page, because a proxy may have put all into a folder.
function ask(place, question) {
  const headers = { 'Content-Type': 'application/json' };
  return fetch(place, { method: 'POST', headers, body: JSON.stringify(question) });
}

// Where a WebSocket reaches a place of the workshop.
const socketAddress = (place) => new URL(place, location.href).href.replace(/^http/, 'ws');

// Asks the workshop, and hands each line of its answer to `hear` as it comes, until it ends or `signal` ends it.
// Resolves to what went wrong, or to nothing. All this goes over a WebSocket, because a browser opens only six
// connections of the other kind, for all tabs together.
function follow(place, question, signal, hear) {
  const socket = new WebSocket(socketAddress(place));
  socket.onopen = () => socket.send(JSON.stringify(question));
  // The first message is empty, or says why nothing will follow.
  let refusal;
  socket.onmessage = ({ data }) => (refusal === undefined ? (refusal = data) : hear(data));
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      socket.onmessage = socket.onclose = null;
      socket.close();
      resolve();
    });
    socket.onclose = ({ wasClean }) => resolve(wasClean ? refusal || undefined : whyNot());
  });
}

// Why the workshop did not go on. A WebSocket that fails does not say why; an answer to a question does.
async function whyNot() {
  try {
    const response = await fetch('project');
    return response.ok ? 'the connection to the workshop was lost: try again' : await response.text();
  } catch {
    return 'the workshop has ended. Start it again with `cargo run`, and open the address that it prints.';
  }
}

// Which server: that of the section's chapter, where it can be started; the reader's own project; or one that runs.
class ServerChoice {
  constructor(name, chapter) {
    const radio = (checked) => element('input', { type: 'radio', name, checked });
    this.chapter = chapter;
    this.project = radio(chapter === undefined);
    this.running = radio(false);
    this.input = element('input', { class: 'address', value: '127.0.0.1:4000', 'aria-label': 'address of the server that runs', size: 16 });
    this.input.addEventListener('input', () => {
      this.running.checked = true;
      this.explain();
    });
    this.note = element('p', { class: 'server-note', role: 'status' });
    const ofChapter = chapter === undefined ? undefined : element('label', {}, radio(true), " this chapter's");
    this.element = element(
      'fieldset',
      { class: 'server-choice' },
      element('legend', {}, 'Which server?'),
      ofChapter,
      element('label', {}, this.project, ' my project'),
      element('label', {}, this.running, ' one that runs, at '),
      this.input,
      this.note,
    );
    this.element.addEventListener('change', () => this.explain());
  }

  // Which project that is, or how to tell the workshop of one: only the workshop knows.
  async explain() {
    this.note.textContent = '';
    if (!this.project.checked) return;
    const response = await fetch('project').catch(() => undefined);
    const said = response ? await response.text() : await whyNot();
    if (this.project.checked) this.note.replaceChildren(...sentence(said));
  }

  // Where the one that runs is, if that is meant.
  get address() {
    return this.running.checked ? this.input.value : undefined;
  }

  // What the workshop is asked to start, or to reach.
  get choice() {
    if (this.running.checked) return { address: this.input.value };
    return this.project.checked ? { project: this.chapter } : { chapter: this.chapter };
  }
}
