// One unit of what crossed the wire: its bytes, the names of its parts, and the light between them.
'use strict';

const ROW = 16; // bytes in a row
const NARROW_ROW = 8; // and where there is no room for them
const SHOWN = 4 * ROW; // bytes of a unit that are shown before you ask for all
const HEAD = 128 * ROW; // and of a head: its rows scroll, so that a name finds its bytes
const SAID = 90; // characters of a whole message that are shown

// Names of the header of a frame, of today and of 2010, beside those of its first two bytes, which are told by their bits.
const HEADER = new Set(['extended payload length', 'type', 'length', 'end']);
// How each kind of byte is called in a legend. A color and a line tell them apart: unit.css has both.
const ROLES = { line: 'first line', name: 'name', value: 'value', header: 'header', key: 'key', payload: 'payload' };

function ascii(byte) {
  return byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·';
}

const hexOf = (byte) => byte.toString(16).padStart(2, '0');
const bytesOf = (hex) => (hex.match(/[0-9a-f]{2}/g) ?? []).map((digits) => parseInt(digits, 16));

const isHead = (unit) => unit.kind.endsWith('head');

// The eight bits of a byte, with brackets around those of each part: [1][000][0001].
function bitsText(byte, ranges) {
  const opens = (i) => (ranges.some(([first]) => first === i) ? '[' : '');
  const closes = (i) => (ranges.some(([, last]) => last === i + 1) ? ']' : '');
  const bits = [...byte.toString(2).padStart(8, '0')];
  return bits.map((bit, i) => opens(i) + bit + closes(i)).join('');
}

// What kind of byte each byte is: a key of ROLES, or nothing.
function rolesOf(unit, bytes) {
  const roles = new Array(bytes.length);
  for (const part of unit.parts) {
    const [start, end] = [part.start - unit.start, part.end - unit.start];
    if (isHead(unit)) headRoles(roles, bytes, part, start, Math.min(end, bytes.length));
    else roles.fill(frameRole(part), start, end);
  }
  return roles;
}

function frameRole(part) {
  if (part.bits || HEADER.has(part.name)) return 'header';
  return part.name === 'masking-key' || part.name === 'key3' ? 'key' : 'payload';
}

// A line of a head: the first one, or a name, a colon and a value. What ends a line is neither.
function headRoles(roles, bytes, part, start, end) {
  let last = end;
  while (last > start && (bytes[last - 1] === 0x0d || bytes[last - 1] === 0x0a)) last -= 1;
  if (part.name === 'request line' || part.name === 'status line') {
    roles.fill('line', start, last);
    return;
  }
  const colon = bytes.indexOf(0x3a, start);
  if (colon < start || colon >= last) return;
  let value = colon + 1;
  while (value < last && bytes[value] === 0x20) value += 1;
  roles.fill('name', start, colon);
  roles.fill('value', value, last);
}

// How a unit is shown depends on where: `narrow` is a column without room for whole rows, `crowd` tells which client
// it is.
function unitElement({ client, from, unit }, showAll, onShowAll, { narrow = false, crowd = true } = {}) {
  const bytes = bytesOf(unit.hex);
  const most = isHead(unit) ? HEAD : SHOWN;
  const shown = showAll ? bytes.length : Math.min(bytes.length, most);
  const who = crowd ? `client ${client}` : 'client';
  const direction = from === 'client' ? `${who} → server` : `server → ${who}`;
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

  const roles = rolesOf(unit, bytes);
  const names = unit.parts.map((part) => ({ part, name: nameButton(unit, part) }));
  const cells = bytes.slice(0, shown).map((byte, i) => byteButton(byte, roles[i], namesAt(names, unit.start + i)));
  const letters = cells.map((_, i) => element('span', { class: `letter ${roleClass(roles[i])}` }, ascii(bytes[i])));
  const row = narrow ? NARROW_ROW : ROW;
  const detail = unit.parts.some((part) => part.bits) ? element('li', { class: 'unit-bits', 'aria-hidden': 'true' }) : undefined;
  connect(item, unit, bytes, { cells, letters, names, detail, row });

  const dump = { unit, cells, letters, row };
  if (narrow && !isHead(unit)) {
    item.append(bytesByKind(dump, names, roles, detail));
  } else {
    const rows = byteRows(dump);
    rows.classList.toggle('scrolls', !showAll && cells.length > 4 * row);
    item.append(rows);
  }
  const left = bytes.length - shown;
  if (left > 0) {
    item.append(button('show-all', `show all ${bytes.length} bytes`, onShowAll));
    // On paper nothing can be pressed.
    item.append(element('p', { class: 'unit-note unit-left' }, `and ${left} more ${byteOrBytes(left)}`));
  }
  if (unit.omitted > 0) item.append(element('p', { class: 'unit-note' }, `and ${unit.omitted} more ${byteOrBytes(unit.omitted)}, not kept here`));
  if (!narrow || isHead(unit)) item.append(partList(names, detail));
  if (unit.message !== undefined) item.append(element('p', { class: 'unit-note' }, `the whole message: “${beginningOf(unit.message)}”`));
  if (unit.pieces?.length > 1) {
    item.append(element('p', { class: 'unit-note' }, `arrived in ${unit.pieces.length} pieces: ${unit.pieces.join(' + ')} bytes`));
  }
  if (!unit.complete && unit.kind !== 'body' && unit.kind !== 'unknown') item.append(element('p', { class: 'unit-note' }, 'not all here yet'));
  for (const { why, section } of unit.faults) {
    item.append(element('p', { class: 'fault' }, `✗ ${why} (${source(section)})`));
  }
  return item;
}

// As much of a text as a figure shows of it.
function beginningOf(text) {
  const characters = [...text];
  return characters.length > SAID ? `${characters.slice(0, SAID).join('')}…` : text;
}

// A number is a section of RFC 6455; the older draft stands for itself.
const source = (section) => (/^\d/.test(section) ? `RFC 6455, section ${section}` : section);

const roleClass = (role) => (role ? `of-${role}` : '');

const namesAt = (names, at) => names.filter(({ part }) => part.start <= at && at < part.end).map(({ name }) => name);

// A byte is called by its digits, for those who read a figure from byte to byte. Its names describe it.
function byteButton(byte, role, names) {
  const cell = button(`byte ${roleClass(role)}`, hexOf(byte));
  if (names.length > 0) cell.setAttribute('aria-describedby', names.map(({ id }) => id).join(' '));
  cell.tabIndex = -1;
  return cell;
}

let namesMade = 0; // a number for each name of a page

// A part by its name, which has the line of its bytes; in a head the value has a line of its own.
function nameButton(unit, part) {
  const name = button('part', '');
  name.id = `name-${(namesMade += 1)}`;
  const isField = isHead(unit) && !['request line', 'status line', 'empty line', 'more lines'].includes(part.name);
  const isLine = isHead(unit) && part.name.endsWith(' line') && part.value !== '';
  const role = isField ? 'name' : isLine ? 'line' : isHead(unit) ? undefined : frameRole(part);
  name.append(element('span', { class: roleClass(role) }, part.name));
  if (part.value) name.append(' ', isField ? element('span', { class: 'of-value' }, part.value) : part.value);
  if (part.note) name.append(` (${part.note})`);
  return name;
}

function partList(names, detail) {
  const items = names.map(({ name }) => element('li', {}, name));
  return element('ul', { class: 'unit-parts' }, ...items, detail);
}

function bytesBox(cells, ...children) {
  const label = `${counted(cells.length)}; arrow keys move between them, Page Up and Page Down go to another message`;
  return element('div', { class: 'unit-bytes', role: 'group', 'aria-label': label }, ...children);
}

const byteRows = (dump) => bytesBox(dump.cells, ...rowsOf(dump, 0, dump.cells.length));

// Where there is no room for whole rows, the bytes of each kind have their names below them.
function bytesByKind(dump, names, roles, detail) {
  const { unit, cells } = dump;
  const edges = cells.map((_, i) => i).filter((i) => i > 0 && roles[i] !== roles[i - 1]);
  const starts = [0, ...edges];
  const groups = starts.map((start, i) => {
    // What is behind the last byte, such as an empty payload, or bytes that are not shown, is named with the last ones.
    const [end, until] = i + 1 < starts.length ? [starts[i + 1], starts[i + 1]] : [cells.length, Infinity];
    const own = names.filter(({ part }) => start <= part.start - unit.start && part.start - unit.start < until);
    const bits = own.some(({ part }) => part.bits) ? detail : undefined;
    return element('div', { class: 'kind' }, ...rowsOf(dump, start, end), partList(own, bits));
  });
  return bytesBox(cells, ...groups);
}

// Rows of bytes with their characters beside them; a bar where one read ended and the next began.
function rowsOf({ unit, cells, letters, row }, from, to) {
  let edge = 0;
  const edges = new Set((unit.pieces ?? []).slice(0, -1).map((length) => (edge += length)));
  const rows = [];
  for (let start = from; start < to; start += row) {
    const end = Math.min(start + row, to);
    cells.slice(start, end).forEach((cell, i) => cell.classList.toggle('cut', edges.has(start + i)));
    const digits = element('span', { class: 'cells' }, ...cells.slice(start, end));
    const text = element('span', { class: 'ascii', 'aria-hidden': 'true' }, ...letters.slice(start, end));
    rows.push(element('div', { class: 'row' }, digits, text));
  }
  return rows;
}

// Of all units, one keeps its light when nobody points at it: that which was pressed or tapped last.
let releaseLight = () => {};

document.addEventListener('click', ({ target }) => {
  if (!target.closest?.('.byte, .part, .letter')) releaseLight();
});

// Pointing at a name lights up its bytes; pointing at a byte lights up its names.
function connect(item, unit, bytes, { cells, letters, names, detail, row }) {
  const lights = new Map();
  for (const { part, name } of names) {
    lights.set(name, { parts: [part], from: part.start - unit.start, to: part.end - unit.start });
  }
  cells.forEach((cell, i) => {
    const at = unit.start + i;
    const light = { parts: unit.parts.filter((part) => part.start <= at && at < part.end), from: i, to: i + 1 };
    lights.set(cell, light);
    lights.set(letters[i], light);
  });
  let kept;
  const show = ({ parts, from, to } = kept ?? { parts: [], from: 0, to: 0 }) => {
    for (const all of [cells, letters]) all.forEach((one, i) => one.classList.toggle('lit', from <= i && i < to));
    if (from < to && cells[from]) reveal(cells[from]);
    names.forEach(({ part, name }) => name.classList.toggle('lit', parts.includes(part)));
    const named = parts.filter((part) => part.bits);
    if (detail) detail.textContent = named.length > 0 ? bitsText(bytes[from], named.map((part) => part.bits)) : '';
  };
  const lightOf = ({ target }) => lights.get(target.closest('.byte, .part, .letter'));
  for (const kind of ['mouseover', 'focusin']) item.addEventListener(kind, (event) => show(lightOf(event)));
  for (const kind of ['mouseout', 'focusout']) item.addEventListener(kind, () => show());
  item.addEventListener('click', (event) => {
    const light = lightOf(event);
    if (!light) return;
    releaseLight();
    kept = light;
    releaseLight = () => {
      kept = undefined;
      show();
    };
    show();
  });
  const buttons = names.map(({ name }) => name);
  item.addEventListener('keydown', (event) => {
    if (event.target.matches('.byte')) moveAmong(cells, row, event);
    if (event.target.matches('.part')) moveAmong(buttons, 1, event);
  });
}

// Where the rows of a head scroll, the row of a byte comes into view, and nothing else moves.
function reveal(cell) {
  const rows = cell.closest('.scrolls');
  if (!rows) return;
  const top = cell.offsetTop - rows.offsetTop;
  if (top < rows.scrollTop || top + cell.offsetHeight > rows.scrollTop + rows.clientHeight) rows.scrollTop = top;
}

function moveAmong(all, row, event) {
  const at = all.indexOf(event.target);
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: row, ArrowUp: -row, Home: -at, End: all.length - 1 - at }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  all[at + step]?.focus();
}

// Of a whole conversation, Tab reaches one byte, one name and one button of each other kind, all of one unit: those that
// had the focus last. Arrow keys go on from there, and Page Up and Page Down go to another unit.
function isReached(unit, focused) {
  for (const kind of ['.byte', '.part', '.show-all', '.unit-copy', '.unit-send']) {
    const all = [...unit.querySelectorAll(kind)];
    const one = all.find((button) => button === focused) ?? all.find((button) => button.tabIndex === 0) ?? all[0];
    all.forEach((button) => (button.tabIndex = button === one ? 0 : -1));
  }
}

function isNotReached(unit) {
  unit.querySelectorAll('button').forEach((button) => (button.tabIndex = -1));
}

// One line that says which color and line is which, for the kinds of bytes that were shown.
class Legend {
  constructor() {
    this.element = element('p', { class: 'legend' });
    this.clear();
  }

  clear() {
    this.element.replaceChildren();
    this.roles = new Set();
  }

  add(unit) {
    const before = this.roles.size;
    rolesOf(unit, bytesOf(unit.hex)).forEach((role) => role && this.roles.add(role));
    if (this.roles.size === before) return;
    // One kind alone is told apart from nothing.
    if (this.roles.size < 2) return;
    const known = Object.keys(ROLES).filter((role) => this.roles.has(role));
    this.element.replaceChildren(...known.flatMap((role) => [element('span', { class: roleClass(role) }, ROLES[role]), ' ']));
  }
}
