// What the scripts of the book make elements with. Text always goes in as text, never as HTML: it comes from
// the wire.
'use strict';

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'onclick') made.addEventListener('click', value);
    else if (value === true) made.setAttribute(name, '');
    else if (value !== undefined && value !== false) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

const button = (name, text, onclick) => element('button', { type: 'button', class: name, onclick }, text);

// Asks the workshop; whoever aborts is not told that it failed.
function ask(place, question, signal) {
  return fetch(place, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(question), signal });
}

// Hands each line of an answer to `hear`, as it comes.
async function eachLine(response, hear) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split('\n');
    rest = lines.pop();
    lines.forEach(hear);
  }
}

// An address, and what the workshop says of one that is none.
function addressInput(choice) {
  const input = element('input', { class: 'address', value: '127.0.0.1:4000', 'aria-label': 'address of my server', size: 16 });
  input.addEventListener('input', () => (choice.checked = true));
  return input;
}

async function refusal(response) {
  return `an address is written like 127.0.0.1:4000 (${await response.text()})`;
}

// The book turns its pages with these keys, which would end what goes on in a section.
function keepsArrowKeys(section) {
  section.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') event.stopPropagation();
  });
}
