// The book in the workshop changes with its sources, and so does the page that shows it.
'use strict';

(() => {
  const AGAIN = 3000; // milliseconds until a page asks again that has lost the workshop
  let edition;
  let isListening = false;

  // The workshop says which edition of the book is the newest: a page of an older one loads again.
  async function listenForNews() {
    if (isListening || document.visibilityState !== 'visible') return;
    isListening = true;
    let wasHeard = false;
    await follow('reload', null, new AbortController().signal, (newest) => {
      wasHeard = true;
      edition ??= newest;
      if (newest !== edition) location.reload();
    });
    isListening = false;
    // A workshop that has ended comes back with another address, and is not asked again.
    if (wasHeard) setTimeout(listenForNews, AGAIN);
  }

  if (isWorkshop) {
    document.addEventListener('visibilitychange', listenForNews);
    listenForNews();
  }
})();
