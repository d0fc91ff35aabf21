// The solution of a chapter opens for a reader who has tried: in the workshop after the third hint, or when every
// promise is kept; in the book as files when the reader says so.
'use strict';

(() => {
  const HINTS = 3;
  const details = document.querySelector('details.solution');
  const chapter = chapters.find(({ page }) => page === pageName);
  if (!details || !chapter) return;

  const summary = details.querySelector('summary');
  const rest = element('div', {});
  rest.append(...[...details.childNodes].filter((child) => child !== summary));
  const text = element('p', {});
  const tried = button('solution-tried', 'I have tried', () => {
    memory.tried(pageName);
    summary.focus();
  });
  const gate = element('div', { class: 'solution-gate' }, text, tried);
  details.append(gate, rest);

  function isOpen() {
    if (!isWorkshop) return memory.hasTried(pageName);
    const { kept, hints } = progress.of(chapter.number);
    return hints >= HINTS || kept === chapter.promises;
  }

  function show() {
    const open = isOpen();
    gate.hidden = open;
    rest.hidden = !open;
    tried.hidden = isWorkshop;
    const { hints } = progress.of(chapter.number);
    text.textContent = isWorkshop
      ? `It shows after the third hint for one of this chapter's promises, or when your server keeps all of them. You have had ${hints} of ${HINTS} hints: “Give me a hint”, above, gives the next one.`
      : 'You learn more from it after an attempt of your own.';
  }

  progress.onChange(show);
  show();
})();
