// The book in the workshop changes with its sources, and so does the page that shows it.
'use strict';

(() => {
  // The workshop says which edition of the book is the newest: a page of an older one loads again. Only
  // the tab in view asks, because a browser opens few connections to one server.
  let edition;
  let news;

  function listenForNews() {
    news?.close();
    news = undefined;
    if (document.visibilityState !== 'visible') return;
    news = new EventSource('reload');
    news.onmessage = ({ data }) => {
      edition ??= data;
      if (data !== edition) location.reload();
    };
  }

  if (document.querySelector('meta[name="workshop"]')) {
    document.addEventListener('visibilitychange', listenForNews);
    listenForNews();
  }
})();
