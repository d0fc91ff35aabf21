// What mdBook's own page leaves out for keyboards and screen readers.
'use strict';

(() => {
  // The label that opens the table of contents: a button, also for the keyboard.
  const toggle = document.getElementById('mdbook-sidebar-toggle');
  const anchor = document.getElementById('mdbook-sidebar-toggle-anchor');
  toggle.setAttribute('role', 'button');
  toggle.tabIndex = 0;
  toggle.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    anchor.click();
  });

  // The bar at the top is a part of the page to a screen reader, and so is the search.
  document.getElementById('mdbook-menu-bar').setAttribute('role', 'banner');
  document.getElementById('mdbook-search-wrapper')?.setAttribute('role', 'search');

  // The first stop of the Tab key leads past the table of contents.
  const skip = document.createElement('a');
  skip.className = 'skip';
  skip.href = '#mdbook-content';
  skip.textContent = 'Skip to the page';
  document.body.prepend(skip);

  // What is wider than its place can be moved with the keyboard.
  function reachable(code) {
    if (code.scrollWidth > code.clientWidth) code.tabIndex = 0;
    else code.removeAttribute('tabindex');
  }
  const watcher = new ResizeObserver((entries) => entries.forEach(({ target }) => reachable(target)));
  document.querySelectorAll('pre > code, .drawing .scroll, .table-wrapper').forEach((code) => {
    watcher.observe(code);
    keepsArrowKeys(code);
  });
})();
