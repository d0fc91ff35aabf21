// The way of bytes from a figure into a lab: that of the same page, or of the page that has the echo.
'use strict';

const LAB_OF_ALL = '05-reply.html'; // the lab for pages that have none
const ON_THE_WAY = 'frame-by-frame: bytes for the lab';

// Bytes as a lab's raw request is written: what can be typed as it is, `\r\n` as a line's end, and all else like \x00.
function rawText(bytes) {
  const isEnd = (i) => bytes[i] === 0x0d && bytes[i + 1] === 0x0a;
  const letter = (byte) => (byte >= 0x20 && byte < 0x7f && byte !== 0x5c ? String.fromCharCode(byte) : `\\x${hexOf(byte)}`);
  let text = '';
  for (let i = 0; i < bytes.length; i += 1) {
    if (!isEnd(i)) text += letter(bytes[i]);
    else [text, i] = [`${text}\n`, i + 1];
  }
  return text;
}

// Puts bytes into the raw request of a lab, from where the reader sends them.
function toLab(bytes) {
  const text = rawText(bytes);
  const lab = document.querySelector('section.lab');
  if (lab) {
    lab.dispatchEvent(new CustomEvent('bytes', { detail: text }));
    return;
  }
  sessionStorage.setItem(ON_THE_WAY, text);
  location.href = `${LAB_OF_ALL}#lab`;
}

// What another page has put on the way to the lab of this one, once.
function bytesOnTheWay() {
  const text = sessionStorage.getItem(ON_THE_WAY) ?? undefined;
  if (location.hash !== '#lab') return undefined;
  sessionStorage.removeItem(ON_THE_WAY);
  return text;
}
