// The check of a page: the same as `cargo run -- check` in the terminal, with the same words.
'use strict';

(() => {
  class Check {
    constructor(section) {
      this.chapter = Number(section.dataset.chapter);
      const name = `check-${this.chapter}`;
      const project = element('input', { type: 'radio', name, checked: true });
      this.running = element('input', { type: 'radio', name });
      this.address = addressInput(this.running);
      this.checkButton = button('check-start', '', () => (this.abort ? this.stop() : this.start(false)));
      this.hintButton = button('check-hint', 'Give me a hint', () => this.start(true));
      this.status = element('p', { class: 'check-status', role: 'status' });
      this.text = element('pre', { class: 'check-text', tabindex: 0, 'aria-label': 'what the check says', hidden: true });
      const subject = element(
        'fieldset',
        {},
        element('legend', {}, 'Which server?'),
        element('label', {}, project, ' my project'),
        element('label', {}, this.running, ' one that runs, at '),
        this.address,
      );
      section.append(element('div', { class: 'lab-tools' }, this.checkButton, this.hintButton, subject), this.status, this.text);
      keepsArrowKeys(section);
      this.enable();
    }

    enable() {
      this.checkButton.textContent = this.abort ? 'Stop' : 'Check my server';
      this.hintButton.disabled = this.abort !== undefined;
    }

    async start(hint) {
      this.abort = new AbortController();
      this.text.hidden = false;
      this.text.textContent = '';
      this.status.textContent = 'checking …';
      this.enable();
      const address = this.running.checked ? this.address.value.trim() : null;
      const question = { chapter: this.chapter, hint, columns: this.columns(), address };
      try {
        const response = await ask('/check', question, this.abort.signal);
        if (!response.ok) throw new Error(await refusal(response));
        await eachLine(response, (line) => this.text.append(`${line}\n`));
        this.end('The check is done.');
      } catch (error) {
        if (error.name !== 'AbortError') this.end(`The check could not go on: ${error.message}`);
      }
    }

    stop() {
      this.abort.abort();
      this.end('The check is stopped.');
    }

    end(text) {
      this.abort = undefined;
      this.status.textContent = text;
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
