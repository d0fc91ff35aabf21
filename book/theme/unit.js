// One unit of what crossed the wire: its bytes, the names of its parts, and the light between them.
'use strict';

const ROW = 16; // bytes in a row
const SHOWN = 4 * ROW; // bytes of a unit that are shown before you ask for all
const HEAD = 128 * ROW; // and of a head: its rows scroll, so that a name finds its bytes

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
