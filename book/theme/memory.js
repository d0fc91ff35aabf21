// What the book remembers in this browser: the first answers to the questions of each page, and the chapters whose
// reader has tried. A browser may refuse to remember; then a visit ends with its page.
'use strict';

const memory = (() => {
  const KEY = 'frame-by-frame';
  const CHANGED = 'frame-by-frame-progress';
  let unkept; // where the browser keeps nothing

  function all() {
    const nothing = { answers: {}, tried: {} };
    try {
      return { ...nothing, ...JSON.parse(unkept ?? localStorage.getItem(KEY)) };
    } catch {
      return nothing;
    }
  }

  function write(text) {
    try {
      localStorage.setItem(KEY, text);
    } catch {
      unkept = text;
    }
    document.dispatchEvent(new Event(CHANGED));
  }

  // Of a page: the text of the first answer to each of its questions, by the number of the question.
  const answers = (page) => all().answers[page] ?? {};

  function answer(page, question, text) {
    const kept = all();
    kept.answers[page] = { ...kept.answers[page], [question]: text };
    write(JSON.stringify(kept));
  }

  const hasTried = (page) => all().tried[page] === true;

  function tried(page) {
    const kept = all();
    kept.tried[page] = true;
    write(JSON.stringify(kept));
  }

  const isEmpty = () => [all().answers, all().tried].every((kept) => Object.keys(kept).length === 0);
  const clear = () => write('{}');

  // Calls `hear` when something was remembered, in this tab or in another.
  function onChange(hear) {
    document.addEventListener(CHANGED, hear);
    addEventListener('storage', hear);
  }

  return { answers, answer, hasTried, tried, isEmpty, clear, onChange };
})();

// The chapters, with their counts of promises and questions; none in a page that is no page of the book's order.
const chapters = JSON.parse(document.querySelector('script.chapters')?.textContent ?? '[]');

// The name of the page. The one that opens the book is the preface.
const pageName = location.pathname.split('/').pop().replace(/\.html$/, '').replace(/^(index)?$/, 'preface');
