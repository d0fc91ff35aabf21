// The check of a page: the same as `cargo run -- check` in the terminal, with the same words.
'use strict';

(() => {
  class Check {
    constructor(section) {
      this.chapter = Number(section.dataset.chapter);
      this.server = new ServerChoice(`check-${this.chapter}`);
      this.checkButton = button('check-start', '', () => (this.run ? this.stop() : this.start(false)));
      this.hintButton = button('check-hint', 'Give me a hint', () => this.start(true));
      this.status = element('p', { class: 'check-status', role: 'status' });
      this.text = element('pre', { class: 'check-text', tabindex: 0, 'aria-label': 'what the check says', hidden: true });
      section.replaceChildren(element('div', { class: 'lab-tools' }, this.checkButton, this.hintButton, this.server.element), this.status, this.text);
      this.enable();
    }

    enable() {
      this.checkButton.textContent = this.run ? 'Stop' : 'Check my server';
      this.hintButton.disabled = this.run !== undefined;
    }

    async start(hint) {
      const run = new AbortController();
      this.run = run;
      this.text.hidden = false;
      this.text.textContent = '';
      this.outcome = undefined;
      this.server.note.textContent = '';
      this.say('checking …');
      this.enable();
      const question = { chapter: this.chapter, hint, columns: this.columns(), address: this.server.address };
      const trouble = await follow('check', question, run.signal, (line) => this.hear(JSON.parse(line)));
      // It may have been stopped in the meantime, and another one started.
      if (this.run === run) this.conclude(trouble ?? 'it has ended without a verdict');
    }

    // The workshop sends a line of the terminal, or at the end what came out, or why nothing did.
    hear({ line, verdict, failed }) {
      if (line !== undefined) this.text.append(`${line}\n`);
      else this.outcome = { verdict, failed };
    }

    conclude(trouble) {
      const { verdict, failed } = this.outcome ?? {};
      if (verdict) this.end(verdict.text, verdict.holds ? 'kept' : 'broken');
      else this.end(failed ?? `The check could not go on: ${trouble}`);
      this.text.hidden = this.text.textContent === '';
      if (verdict?.holds === false) this.showBroken();
    }

    // Many lines of what is kept may stand before the one that is broken.
    showBroken() {
      const [kept, broken] = this.text.textContent.split(/^(?=✗)/m);
      if (broken === undefined) return;
      const place = element('span', { class: 'check-broken' }, broken);
      this.text.replaceChildren(kept, place);
      place.scrollIntoView({ block: 'nearest' });
    }

    stop() {
      this.run.abort();
      this.end('The check is stopped.');
    }

    say(text, verdict = 'none') {
      this.status.replaceChildren(...sentence(text));
      this.status.dataset.verdict = verdict;
    }

    end(text, verdict) {
      this.run = undefined;
      this.say(text, verdict);
      this.enable();
    }

    // How many letters have room in a line.
    columns() {
      const letters = 100;
      const ruler = element('span', { class: 'check-ruler' }, '0'.repeat(letters));
      this.text.append(ruler);
      const style = getComputedStyle(this.text);
      const room = this.text.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
      const columns = Math.floor((room * letters) / ruler.getBoundingClientRect().width);
      ruler.remove();
      return columns;
    }
  }

  document.querySelectorAll('section.check').forEach((section) => new Check(section));
})();
