// The search is a sixth of the book's weight: its scripts come when somebody searches.
'use strict';

(() => {
  const names = document.currentScript.dataset.search.split(' ').filter(Boolean);
  const icon = document.getElementById('mdbook-search-toggle');
  if (!icon || names.length === 0) return;

  // In their order: each needs the one before.
  function load(name) {
    return new Promise((resolve) => document.body.append(element('script', { src: name, onload: resolve })));
  }

  async function begin() {
    icon.removeEventListener('click', open);
    document.removeEventListener('keydown', openByKey);
    for (const name of names) await load(name);
  }

  // From here on the search hears the clicks itself.
  async function open() {
    await begin();
    icon.click();
  }

  function openByKey(event) {
    const { key, target, altKey, ctrlKey, metaKey, shiftKey } = event;
    if (altKey || ctrlKey || metaKey || shiftKey || (key !== 's' && key !== '/')) return;
    if (target.closest?.('input, textarea, select, [contenteditable]')) return;
    event.preventDefault();
    open();
  }

  icon.addEventListener('click', open);
  document.addEventListener('keydown', openByKey);
  // A page that was found says what was searched for.
  const asked = new URLSearchParams(location.search);
  if (asked.has('search') || asked.has('highlight')) begin();
})();
