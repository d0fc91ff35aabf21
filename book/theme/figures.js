// Figures that live: a recording that the book shows as text becomes what a lab shows, and can be gone through, linked
// to, copied and sent. On paper, and without this script, it is the text.
'use strict';

(() => {
  const NO_COLOR = '\ufe0e'; // after a sign: as text, and not as a picture

  // The way through a conversation, an event at a time. Place 0 shows everything.
  class Walk {
    constructor(items, show) {
      this.items = items;
      this.show = show;
      this.place = 0;
      this.said = element('span', { class: 'walk-place', role: 'status' });
      this.allButton = button('walk-all', 'all', () => this.go(0));
      this.element = element(
        'span',
        { class: 'walk', role: 'group', 'aria-label': 'step by step' },
        this.step('previous', `◀${NO_COLOR}`, -1),
        this.said,
        this.step('next', `▶${NO_COLOR}`, 1),
        this.allButton,
      );
      this.tell();
    }

    step(name, sign, by) {
      const count = this.items().length;
      const made = button(`walk-${name}`, sign, () => this.go((this.place + by + count + 1) % (count + 1)));
      made.setAttribute('aria-label', name);
      return made;
    }

    go(place) {
      this.place = place;
      this.tell();
      this.show();
    }

    tell() {
      const count = this.items().length;
      const item = this.items()[this.place - 1];
      // Without the words of its buttons, and all of what has no title.
      const title = item?.querySelector('.unit-title') ?? item;
      const words = [...(title?.childNodes ?? [])].filter((node) => !node.matches?.('.unit-tools')).map((node) => node.textContent);
      this.said.textContent = this.place === 0 ? `all ${count}` : `${this.place} of ${count}`;
      if (title) this.said.append(element('span', { class: 'unseen' }, `: ${words.join('')}`));
      this.allButton.hidden = this.place === 0;
    }
  }

  class Figure {
    constructor(figure) {
      this.figure = figure;
      const { events, printed, before } = recordingOf(figure.querySelector('.figure-recording'));
      Object.assign(this, { events, printed, before });
      this.conversation = new Conversation(1, {
        crowd: events.some(({ client }) => client > 1),
        finish: (item, event) => this.finish(item, event),
      });
      this.tools = element('div', { class: 'figure-tools' });
      this.element = element('div', { class: 'figure-live' }, this.tools, this.conversation.units, this.conversation.legend.element, this.terminal());
      figure.querySelector('figcaption').after(this.element);
      // Its room is measured when it is there, and the text goes at the same time.
      figure.classList.add('live');
      events.forEach((event) => this.conversation.show(event));
      this.conversation.rewind();
      this.walkThrough();
      this.keepRoom();
    }

    terminal() {
      if (!this.events.some(({ type }) => type === 'line')) return undefined;
      return element('div', { class: 'figure-terminal' }, element('p', { class: 'unit-title' }, element('span', { class: 'direction' }, "the server's terminal")), this.conversation.lines);
    }

    // What there is to go through: the events, and at the end the terminal.
    items() {
      return [...this.element.querySelectorAll('.unit, .closed, .figure-terminal')];
    }

    walkThrough() {
      if (this.items().length < 2) {
        this.tools.remove();
        return;
      }
      this.walk = new Walk(() => this.items(), () => this.mark());
      this.tools.append(this.walk.element);
    }

    // Of what is past, there is a line; of what comes, only its place.
    mark() {
      const { place } = this.walk;
      const begins = place > 0 && !this.element.matches('.walking');
      if (begins) this.measure();
      this.markItems(place);
      const now = this.items()[place - 1];
      if (now?.matches('.unit')) this.conversation.reach(now);
    }

    // Each step gets the room of the highest one, so that nothing below the figure moves.
    measure() {
      this.element.style.removeProperty('--room');
      const heights = [0, ...this.items().keys()].map((_, place) => {
        this.markItems(place);
        return this.element.getBoundingClientRect().height;
      });
      this.element.style.setProperty('--room', `${Math.max(...heights)}px`);
    }

    // A narrower figure is a higher one.
    keepRoom() {
      let width;
      const watcher = new ResizeObserver(([{ contentRect }]) => {
        if (width === contentRect.width) return;
        width = contentRect.width;
        // The conversation takes its new form in the next frame, too, and before this.
        requestAnimationFrame(() => {
          if (!this.walk?.place) return;
          this.measure();
          this.mark();
        });
      });
      watcher.observe(this.element);
    }

    markItems(place) {
      this.element.classList.toggle('walking', place > 0);
      this.items().forEach((item, i) => this.markItem(item, i + 1, place));
    }

    markItem(item, at, place = this.walk.place) {
      item.classList.toggle('past', at < place);
      item.classList.toggle('coming', place > 0 && at > place);
      item.classList.toggle('now', at === place);
      if (at === place) item.setAttribute('aria-current', 'step');
      else item.removeAttribute('aria-current');
    }

    // Adds to an item what the server printed of it, and what can be done with its bytes.
    finish(item, event) {
      const line = this.printed[this.events.indexOf(event)];
      if (line) item.append(element('p', { class: 'unit-printed' }, element('span', { class: 'direction' }, 'the server prints'), ` ${line}`));
      if (event.type === 'unit') item.querySelector('.unit-title').append(this.toolsOf(event));
      // It may take the place of another one, in a walk that goes on.
      if (this.walk) this.markItem(item, this.events.indexOf(event) + 1);
    }

    toolsOf(event) {
      const said = element('span', { class: 'unit-said', role: 'status' });
      const copy = button('unit-tool unit-copy', 'copy', () => this.copy(event, said));
      copy.setAttribute('aria-label', 'copy these bytes');
      const tools = element('span', { class: 'unit-tools' }, copy);
      const bytes = isWorkshop ? this.sentUpTo(event) : undefined;
      if (bytes) {
        const send = button('unit-tool unit-send', 'send to a lab', () => toLab(bytes));
        send.setAttribute('aria-label', 'send to a lab: these bytes, and what this client sent before them');
        tools.append(send);
      }
      tools.append(said);
      return tools;
    }

    // As the instrument of chapter 00 takes them: who sent them, and two digits for each.
    async copy({ from, unit }, said) {
      const text = `${from} ${unit.hex}`;
      if (await ClipboardJS.copy(text)) {
        said.textContent = unit.omitted > 0 ? 'copied, as far as they are kept' : 'copied';
        return;
      }
      const bytes = element('code', {}, text);
      said.replaceChildren('copy what is selected: ', bytes);
      getSelection().selectAllChildren(bytes);
    }

    // All that a client has sent when this has been sent, if the recording has kept it: a frame comes behind its handshake.
    sentUpTo({ client, from, unit }) {
      if (from !== 'client' || this.before[client] === undefined) return undefined;
      const isSent = (event) => event.type === 'unit' && event.client === client && event.from === 'client' && event.unit.start <= unit.start;
      const units = this.events.filter(isSent).map((event) => event.unit);
      if (units.some(({ omitted }) => omitted > 0)) return undefined;
      return [this.before[client], ...units.map(({ hex }) => hex)].flatMap(bytesOf);
    }
  }

  function addLink(figure) {
    const link = element('a', { class: 'figure-link', href: `#${figure.id}`, 'aria-label': 'link to this figure' }, '#');
    figure.querySelector('figcaption').append(' ', link);
  }

  if (isPaper) return;
  document.querySelectorAll('figure[id^="fig-"]').forEach(addLink);
  document.querySelectorAll(':not(.play) > figure:has(> .figure-recording)').forEach((figure) => new Figure(figure));
  // What is above has another height now.
  const target = location.hash.startsWith('#fig-') ? document.getElementById(location.hash.slice(1)) : null;
  target?.scrollIntoView();
})();
