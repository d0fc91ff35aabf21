// A conversation: units in the order of their first byte, and the server's terminal beside them.
'use strict';

const UNITS = 200; // units that stay in the page

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
