// The words of the glossary: a press shows what a word means, also without this script. This shows it beside the word,
// and as soon as the pointer rests on it, or the Tab key comes to it.
'use strict';

(() => {
  const REST = 200; // milliseconds: a pointer that only passes shows nothing
  const LEAVE = 300; // time enough to move into what is shown
  const MARGIN = 8;

  function explain(word) {
    const says = document.getElementById(word.getAttribute('popovertarget'));
    if (!says?.showPopover) return;
    let timer;
    let stays = false; // after a press, until it is closed

    // Below the word, or above it where there is no room; it moves with the page.
    function place() {
      const at = word.getBoundingClientRect();
      const { offsetWidth: width, offsetHeight: height } = says;
      const left = Math.max(MARGIN, Math.min(at.left, document.documentElement.clientWidth - width - MARGIN));
      const isBelow = at.bottom + height + MARGIN < innerHeight || at.top < height + MARGIN;
      const top = isBelow ? at.bottom + 4 : at.top - height - 4;
      says.style.left = `${left + scrollX}px`;
      says.style.top = `${top + scrollY}px`;
    }

    const isShown = () => says.matches(':popover-open');

    function show() {
      clearTimeout(timer);
      if (!isShown()) says.showPopover({ source: word });
      place();
    }

    function hide() {
      clearTimeout(timer);
      if (isShown() && !stays) says.hidePopover();
    }

    function later(what, time) {
      clearTimeout(timer);
      timer = setTimeout(what, time);
    }

    function press(event) {
      if (isShown() && !stays) event.preventDefault();
      clearTimeout(timer);
      stays = true;
    }

    const isMouse = ({ pointerType }) => pointerType === 'mouse';
    word.addEventListener('pointerenter', (event) => isMouse(event) && later(show, REST));
    word.addEventListener('click', press);
    // Heard with its word, without opening it.
    word.setAttribute('aria-describedby', says.id);
    says.addEventListener('pointerenter', () => clearTimeout(timer));
    for (const one of [word, says]) {
      one.addEventListener('pointerleave', (event) => isMouse(event) && later(hide, LEAVE));
      one.addEventListener('focusout', ({ relatedTarget }) => {
        if (relatedTarget !== word && !says.contains(relatedTarget)) hide();
      });
    }
    says.addEventListener('beforetoggle', ({ newState }) => {
      if (newState === 'closed' && says.contains(document.activeElement)) word.focus({ preventScroll: true });
    });
    // Back from the glossary, a reader goes on from this word.
    says.addEventListener('click', ({ target }) => {
      if (target.closest('a')) history.replaceState({ word: says.id }, '');
    });
    says.addEventListener('toggle', ({ newState }) => {
      if (newState === 'open') place();
      else stays = false;
    });
  }

  // The search takes this key from the browser, which would close what is shown.
  document.addEventListener('keydown', ({ key }) => {
    if (key !== 'Escape') return;
    document.querySelector('.word-says:popover-open')?.hidePopover();
  });
  document.querySelectorAll('button.word').forEach(explain);

  // A page that the browser has kept still shows what was explained.
  window.addEventListener('pageshow', () => {
    const left = history.state?.word;
    if (!left) return;
    history.replaceState(null, '');
    document.querySelector('.word-says:popover-open')?.hidePopover();
    document.querySelector(`button.word[popovertarget="${left}"]`)?.focus({ preventScroll: true });
  });
})();
