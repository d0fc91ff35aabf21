// "On this page" is a folded list below the title. In a wide window it is open, beside the text, and follows it.
'use strict';

(() => {
  const details = document.querySelector('nav.sections details');
  if (!details) return;

  const links = [...details.querySelectorAll('a')];
  const headings = links.map((link) => document.getElementById(decodeURIComponent(link.hash.slice(1))));
  const LINE = 0.25; // of the window's height: the section that has passed it is the one that is read
  const isWide = matchMedia('(min-width: 1400px)');

  function open() {
    details.open = isWide.matches;
  }

  // Only the list itself scrolls: a page that moved by itself would be in the reader's way.
  function reveal(link) {
    const [box, line] = [details, link].map((one) => one.getBoundingClientRect());
    if (line.top < box.top) details.scrollTop -= box.top - line.top;
    if (line.bottom > box.bottom) details.scrollTop += line.bottom - box.bottom;
  }

  function follow() {
    const passed = headings.findLastIndex((heading) => heading.getBoundingClientRect().top < innerHeight * LINE);
    const isEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 2;
    const current = links[isEnd && scrollY > 0 ? links.length - 1 : passed];
    if (current?.hasAttribute('aria-current')) return;
    links.forEach((link) => link.removeAttribute('aria-current'));
    current?.setAttribute('aria-current', 'location');
    if (current && isWide.matches) reveal(current);
  }

  let waits = false;
  function soon() {
    if (waits) return;
    waits = true;
    requestAnimationFrame(() => {
      waits = false;
      follow();
    });
  }

  // In a narrow window the list has done its work when a section was chosen.
  links.forEach((link) => link.addEventListener('click', () => (details.open = isWide.matches)));
  isWide.addEventListener('change', open);
  addEventListener('scroll', soon, { passive: true });
  addEventListener('resize', soon, { passive: true });
  open();
  follow();
})();
