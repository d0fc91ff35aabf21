// How far the reader is, beside each chapter in the table of contents: the promises that the checked server keeps, as
// the workshop remembers them, and the questions that were answered in this browser.
'use strict';

const progress = (() => {
  const hearers = [];
  let kept = new Map(); // of each chapter, by its number: how many promises are kept, how many hints were given

  async function fetchKept() {
    if (!isWorkshop) return;
    try {
      const response = await fetch('progress');
      if (!response.ok) return;
      kept = new Map((await response.json()).map((chapter) => [chapter.chapter, chapter]));
    } catch {
      return; // The workshop is closed: what it said last stays.
    }
    tell();
  }

  const tell = () => hearers.forEach((hear) => hear());

  function onChange(hear) {
    hearers.push(hear);
  }

  // Without a chapter's figures nothing is kept of it.
  const of = (number) => kept.get(number) ?? { kept: 0, hints: 0 };

  async function clear() {
    if (isWorkshop) {
      const response = await ask('progress/clear', {});
      if (!response.ok) throw new Error(await response.text());
    }
    memory.clear();
    await fetchKept();
  }

  const isEmpty = () => memory.isEmpty() && [...kept.values()].every(({ kept, hints }) => kept + hints === 0);

  memory.onChange(tell);
  return { of, onChange, fetchKept, clear, isEmpty };
})();

(() => {
  const list = document.querySelector('#mdbook-sidebar ol.chapter');
  if (!list || chapters.length === 0) return;

  const counted = (count, all, things) => (all === 0 ? [] : [`${count} of ${all} ${things}`]);

  // The figure of one chapter, or nothing if nothing is done.
  function figure({ number, page, promises, questions }) {
    const answered = Math.min(Object.keys(memory.answers(page)).length, questions);
    const { kept } = progress.of(number);
    const done = kept + answered;
    if (done === 0) return undefined;
    const all = questions + (isWorkshop ? promises : 0);
    const words = [
      ...(isWorkshop ? counted(kept, promises, 'promises kept') : []),
      ...counted(answered, questions, 'questions answered'),
    ].join(', ');
    return element(
      'span',
      { class: 'progress', title: words },
      element('span', { 'aria-hidden': 'true' }, done === all ? `✓ ${done}/${all}` : `${done}/${all}`),
      element('span', { class: 'unseen' }, ` (${words})`),
    );
  }

  const links = new Map(
    chapters.map((chapter) => [chapter, [...list.querySelectorAll('a[href]')].find(({ href }) => href.endsWith(`/${chapter.page}.html`))]),
  );

  const clearButton = button('progress-clear', 'Clear my progress', clearAll);
  const said = element('p', { class: 'progress-said', role: 'status' });
  list.after(element('div', { class: 'progress-end' }, clearButton, said));

  async function clearAll() {
    const what = isWorkshop
      ? 'your answers in this browser, and what the checker remembers of your server: kept promises and hints. Your code stays.'
      : 'your answers in this browser.';
    if (!confirm(`This forgets ${what}\n\nClear your progress?`)) return;
    try {
      await progress.clear();
      said.textContent = 'Your progress is cleared.';
    } catch (error) {
      said.textContent = `Your progress is not cleared: ${error.message}`;
    }
  }

  function show() {
    for (const [chapter, link] of links) {
      link?.querySelector('.progress')?.remove();
      const made = figure(chapter);
      if (made) link?.append(made);
    }
    clearButton.hidden = progress.isEmpty();
  }

  // A check of this page has ended, or one in the terminal may have.
  const watcher = new MutationObserver(() => progress.fetchKept());
  document.querySelectorAll('.check-status').forEach((status) => watcher.observe(status, { childList: true }));
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') progress.fetchKept();
  });

  progress.onChange(show);
  show();
  progress.fetchKept();
})();
