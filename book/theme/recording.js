// The recordings that a page carries, as src/book/carried.rs writes them.
'use strict';

const recordingOf = (() => {
  const values = []; // each unit, and all bytes that were sent before a figure, in the order of the page

  // What came before in the page is a number: how many values ago.
  function valueOf(value) {
    if (typeof value === 'number') return values.at(-value);
    values.push(value);
    return value;
  }

  function unitAt(start, unit) {
    const parts = unit.parts.map(([name, from, to, value = '', note = '', bits]) => ({ name, start: start + from, end: start + to, value, note, bits }));
    const hex = (unit.hex.match(/../g) ?? []).join(' ');
    return { complete: true, omitted: 0, faults: [], ...unit, start, end: start + unit.end, hex, parts };
  }

  function read(script) {
    const { events, lines = [], before = {}, ...rest } = JSON.parse(script.textContent);
    const wire = events.map((event) => (event.unit ? { ...event, unit: unitAt(event.start, valueOf(event.unit)) } : event));
    // In the order in which they are written, which is that of texts.
    for (const client of Object.keys(before).sort()) before[client] = valueOf(before[client]);
    return { ...rest, before, events: [...wire, ...lines.map((text) => ({ type: 'line', text }))] };
  }

  // All at once: a lab takes the place of its recording.
  const scripts = [...document.querySelectorAll('.figure-recording, .lab-recording')];
  const recordings = new Map(scripts.map((script) => [script, read(script)]));
  return (script) => recordings.get(script);
})();
