// A conversation: units in the order of their first byte, and the server's terminal beside them.
'use strict';

const UNITS = 200; // units that stay in the page
const CELL = 24; // pixels of a byte at the least, so that a finger can hit it

// The page with the whole book is for paper.
const isPaper = location.pathname.endsWith('/print.html');

const unitKey = ({ client, from, start }) => `${client} ${from} ${start}`;

class Conversation {
  // With more than one column, each client has its own, and each event its own row: who waits and who
  // hears is seen at once. `crowd` tells clients apart by their numbers, and `finish` adds what else an item shows.
  constructor(columns, { crowd = true, finish = () => {} } = {}) {
    this.columns = columns;
    this.crowd = crowd;
    this.finish = finish;
    this.row = 0;
    this.column = new Map(); // the column of each client that is known by another than its number
    this.shared = undefined; // the unit of the server that came last, and to whom it went
    this.units = element('ol', { class: 'lab-units' });
    this.units.addEventListener('focusin', ({ target }) => this.reach(target.closest('.unit'), target));
    this.units.addEventListener('keydown', (event) => this.turn(event));
    // Nothing in it takes the focus, so it must itself, to be scrolled with the keyboard.
    this.lines = element('ol', { class: 'lab-terminal', tabindex: 0, 'aria-label': "the server's terminal" });
    this.legend = new Legend();
    this.places = new Map(); // the element of each unit in the page, by its key
    this.events = new Map(); // what each of them shows
    this.whole = new Set(); // keys of the units of which all bytes are shown
    this.element = element(
      'div',
      { class: 'lab-views' },
      element('div', { class: 'lab-wire' }, element('p', { class: 'lab-heading' }, 'The wire'), this.units, this.legend.element),
      element('div', { class: 'lab-screen' }, element('p', { class: 'lab-heading' }, "The server's terminal"), this.lines),
    );
    this.narrow = undefined;
    // In the next frame, because it changes what is observed.
    new ResizeObserver(() => requestAnimationFrame(() => this.fit())).observe(this.units);
  }

  // Rows of 16 bytes and their characters are whole, or there are rows of 8.
  isNarrow() {
    if (isPaper) return false;
    const { display, fontSize } = getComputedStyle(this.units);
    const columns = display === 'grid' ? this.columns : 1;
    const em = parseFloat(fontSize);
    // A character beside them is half an em wide; there are a line and some air too.
    const row = ROW * (Math.max(CELL, 1.1 * em) + 0.48 * em) + 1.6 * em;
    return this.units.clientWidth / columns < row;
  }

  // Shows all anew where there is more room now, or less.
  fit() {
    const narrow = this.isNarrow();
    if (this.narrow === narrow) return;
    this.narrow = narrow;
    [...this.events].forEach(([key, event]) => this.replace(key, event));
  }

  clear() {
    this.units.replaceChildren();
    this.lines.replaceChildren();
    this.legend.clear();
    this.places.clear();
    this.events.clear();
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
    // Tab begins where a reader does.
    this.reach(this.units.querySelector('.unit'));
  }

  show(event) {
    if (event.type === 'unit') this.showUnit(event);
    if (event.type === 'line') this.append(this.lines, element('li', {}, event.text));
    if (event.type === 'closed') {
      const verb = event.how === 'reset' ? 'resets' : 'closes';
      const client = this.crowd ? `client ${event.client}` : 'the client';
      const who = event.by === 'client' ? client : 'the server';
      const text = `${who} ${verb} the connection`;
      const item = element('li', { class: `closed from-${event.by}` }, text);
      this.finish(item, event);
      this.append(this.units, this.place(item, event.client, false));
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

  unitOf(key, event) {
    this.narrow ??= this.isNarrow();
    const item = unitElement(event, this.whole.has(key), () => this.showAll(key, event), this);
    this.finish(item, event);
    isNotReached(item);
    this.places.set(key, item);
    this.events.set(key, event);
    return item;
  }

  // Puts a unit as it is now into the place of what was there of it.
  replace(key, event) {
    const before = this.places.get(key);
    const now = this.unitOf(key, event);
    if (before === this.reached) this.reach(now);
    now.style.cssText = before.style.cssText;
    const shared = before.querySelector('.unit-shared');
    if (shared) now.append(shared);
    for (const [client, item] of this.shared?.items ?? []) {
      if (item === before) this.shared.items.set(client, now);
    }
    this.change(this.units, () => before.replaceWith(now));
  }

  // A unit that grows comes again.
  showUnit(event) {
    const key = unitKey({ ...event, start: event.unit.start });
    this.legend.add(event.unit);
    if (this.places.has(key)) {
      this.replace(key, event);
      return;
    }
    const now = this.unitOf(key, event);
    // The newest one, unless somebody is reading.
    if (!this.units.contains(document.activeElement)) this.reach(now);
    const same = this.isSame(event);
    this.append(this.units, this.place(now, event.client, same));
    this.change(this.units, () => this.share(event, now, same));
  }

  showAll(key, event) {
    this.whole.add(key);
    this.replace(key, event);
    // The button is gone: the focus goes to the first byte that it brought.
    this.places.get(key).querySelectorAll('.byte')[SHOWN].focus();
  }

  append(list, item) {
    this.change(list, () => list.append(item));
    while (list.childElementCount > UNITS) {
      const key = unitKey(list.firstElementChild.dataset);
      this.places.delete(key);
      this.events.delete(key);
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
