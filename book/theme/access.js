// What mdBook's own page leaves out for keyboards and screen readers.
'use strict';

(() => {
  // What opens the table of contents is a label, which no keyboard reaches: a button takes its place.
  const label = document.getElementById('mdbook-sidebar-toggle');
  const anchor = document.getElementById('mdbook-sidebar-toggle-anchor');
  const toggle = document.createElement('button');
  toggle.type = 'button';
  for (const { name, value } of label.attributes) {
    if (name !== 'for') toggle.setAttribute(name, value);
  }
  toggle.append(...label.childNodes);
  toggle.addEventListener('click', () => anchor.click());
  anchor.addEventListener('change', () => toggle.setAttribute('aria-expanded', String(anchor.checked)));
  label.replaceWith(toggle);

  // The bar at the top is a part of the page to a screen reader, and so is the search.
  document.getElementById('mdbook-menu-bar').setAttribute('role', 'banner');
  document.getElementById('mdbook-search-wrapper')?.setAttribute('role', 'search');
  document.getElementById('mdbook-searchbar')?.setAttribute('aria-label', 'Search this book');

  // The first stop of the Tab key leads past the table of contents.
  const skip = document.createElement('a');
  skip.className = 'skip';
  skip.href = '#mdbook-content';
  skip.textContent = 'Skip to the page';
  document.body.prepend(skip);

  // The book turns its pages with these keys, but not under somebody who has the focus in the page: it would end what goes on
  // there, or take away what is moved with them.
  document.querySelector('main').addEventListener('keydown', (event) => {
    if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') event.stopPropagation();
  });

  // What is wider than its place can be moved with the keyboard.
  function reachable(code) {
    if (code.scrollWidth > code.clientWidth) code.tabIndex = 0;
    else code.removeAttribute('tabindex');
  }
  const watcher = new ResizeObserver((entries) => entries.forEach(({ target }) => reachable(target)));
  document.querySelectorAll('pre > code, .table-wrapper').forEach((code) => watcher.observe(code));
})();
