// What the scripts of the book share: elements, and talk with the workshop. Text always goes in as text, never as
// HTML: it comes from the wire.
'use strict';

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

const button = (name, text, onclick) => element('button', { type: 'button', class: name, onclick }, text);

// Asks the workshop something. Its places are named from the page, because a proxy may have put all into a folder.
function ask(place, question, signal) {
  const headers = { 'Content-Type': 'application/json' };
  return fetch(place, { method: 'POST', headers, body: JSON.stringify(question), signal });
}

// Asks the workshop, and hands each line of its answer to `hear` as it comes, until it ends or `signal` ends it.
// Resolves to what went wrong, or to nothing.
async function follow(place, question, signal, hear) {
  try {
    const response = await ask(place, question, signal);
    if (!response.ok) return await refusal(response);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return undefined;
      const lines = (rest + value).split('\n');
      rest = lines.pop();
      lines.forEach(hear);
    }
  } catch (error) {
    return error.name === 'AbortError' ? undefined : error.message;
  }
}

// Of what a page sends, only the address can be written wrongly.
async function refusal(response) {
  const text = await response.text();
  return response.status === 422 ? `an address is written like 127.0.0.1:4000 (${text})` : text;
}

// Which server: the usual one of a section, or one of the reader's that runs.
class ServerChoice {
  constructor(name, usual, running) {
    this.running = element('input', { type: 'radio', name });
    this.input = element('input', { class: 'address', value: '127.0.0.1:4000', 'aria-label': 'address of my server', size: 16 });
    this.input.addEventListener('input', () => (this.running.checked = true));
    this.element = element(
      'fieldset',
      {},
      element('legend', {}, 'Which server?'),
      element('label', {}, element('input', { type: 'radio', name, checked: true }), ` ${usual}`),
      element('label', {}, this.running, ` ${running}, at `),
      this.input,
    );
  }

  // Where the one that runs is, if that is meant: a port alone will do.
  get address() {
    if (!this.running.checked) return undefined;
    const text = this.input.value.trim();
    return /^\d+$/.test(text) ? `127.0.0.1:${text}` : text;
  }
}

// The book turns its pages with these keys, which would end what goes on in a section, or take away what is moved with them.
function keepsArrowKeys(section) {
  section.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') event.stopPropagation();
  });
}
