// The messages that chapter 05 must send back: each is [name, text].

const EDGES = [125, 126, 127, 1500];

// A text of exactly so many bytes, made of one character over and over and filled up with full stops.
function ofBytes(length, character) {
  const size = new TextEncoder().encode(character).length;
  const count = Math.floor(length / size);
  return character.repeat(count) + '.'.repeat(length - count * size);
}

export const messages = [
  ['Li Jing', 'Li Jing'],
  ...EDGES.map((length) => [`${length} bytes`, ofBytes(length, 'x')]),
  ...EDGES.map((length) => [`${length} bytes of 静`, ofBytes(length, '静')]),
];
