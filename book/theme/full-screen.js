// A section that can fill the screen, for a projector. Where the browser has no full screen to give, it fills the window.
'use strict';

class FullScreen {
  constructor(section, onchange) {
    this.section = section;
    this.onchange = onchange;
    this.button = button('lab-full', 'Full screen', () => (this.isFull ? this.leave() : this.enter()));
    document.addEventListener('fullscreenchange', () => {
      if (this.isFull && document.fullscreenElement !== section) this.fill(false);
    });
    // The browser's own full screen ends with this key by itself.
    document.addEventListener('keydown', ({ key }) => {
      if (this.isFull && key === 'Escape') this.leave();
    });
  }

  get isFull() {
    return this.section.classList.contains('full');
  }

  async enter() {
    this.fill(true);
    // If it is refused, or there is none, the section fills the window already.
    await this.section.requestFullscreen?.().catch(() => undefined);
    this.onchange();
  }

  leave() {
    if (document.fullscreenElement) document.exitFullscreen();
    this.fill(false);
  }

  fill(isFull) {
    this.section.classList.toggle('full', isFull);
    this.button.textContent = isFull ? 'Leave full screen' : 'Full screen';
    this.onchange();
  }
}
