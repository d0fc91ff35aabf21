// The field for a message of a lab: what is typed, texts to try, and how many bytes they are.
'use strict';

// A text of so many bytes, in which one sees how far one has counted.
const digits = (count) => '0123456789'.repeat(Math.ceil(count / 10)).slice(0, count);

// The three forms of a length have their ends here; the others are longer in bytes than in letters.
const TEXTS = [
  ['Li Jing', 'Li Jing'],
  ['李静', '李静'],
  ['an emoji', '\u{1F600}'],
  ['125 bytes', digits(125)],
  ['126 bytes', digits(126)],
  ['1,500 bytes', digits(1500)],
  ['65,536 bytes', digits(65536)],
];

let fields = 0;

class MessageField {
  constructor(of, onenter) {
    const id = `lab-count-${(fields += 1)}`;
    const options = TEXTS.map(([name], i) => element('option', { value: i }, name));
    this.texts = element('select', { class: 'lab-texts', 'aria-label': `texts to try${of}` }, ...options, element('option', { value: '' }, 'my own text'));
    this.input = element('input', { class: 'lab-message', value: TEXTS[0][1], 'aria-label': `message${of}`, 'aria-describedby': id, size: 14 });
    this.count = element('span', { class: 'lab-count', id });
    this.texts.addEventListener('change', () => this.choose());
    this.input.addEventListener('input', () => {
      this.texts.value = '';
      this.measure();
    });
    this.input.addEventListener('keydown', (event) => {
      event.stopPropagation();
      if (event.key === 'Enter') onenter();
    });
    this.measure();
  }

  get text() {
    return this.input.value;
  }

  choose() {
    if (this.texts.value === '') return;
    this.input.value = TEXTS[this.texts.value][1];
    this.measure();
  }

  measure() {
    this.count.textContent = counted(new TextEncoder().encode(this.text).length);
  }
}
