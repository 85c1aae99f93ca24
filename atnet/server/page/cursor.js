/** A brush for the keyboard: arrows move it, space paints. */

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const FASTER = 4; // with shift

export class KeyboardCursor {
  #at = null;
  #active = null;

  /**
   * @param canvas The element that has the focus.
   * @param view What shows the picture.
   * @param does tool(): the tool, or null; step(): pixels of an arrow; moved(point or null).
   */
  constructor(canvas, view, does) {
    Object.assign(this, { canvas, view, does });
    canvas.addEventListener("keydown", (event) => this.#down(event));
    canvas.addEventListener("keyup", (event) => this.#up(event));
    canvas.addEventListener("focus", () => this.#focused());
    canvas.addEventListener("blur", () => this.hide());
    canvas.addEventListener("pointermove", () => this.hide());
  }

  /** Whether it is on the picture; the pointer takes it away. */
  get shown() {
    return this.#at !== null;
  }

  hide() {
    if (!this.#at) return;
    this.#active?.cancel();
    this.#active = this.#at = null;
    this.does.moved(null);
  }

  /** Takes back what is being drawn; returns whether there was anything. */
  cancel() {
    const active = this.#active;
    active?.cancel();
    this.#active = null;
    return Boolean(active);
  }

  #focused() {
    if (this.canvas.matches(":focus-visible") && this.view.picture) this.#show();
  }

  #show() {
    if (this.#at) return;
    const { width, height } = this.view.picture;
    this.#at = { x: width / 2, y: height / 2 };
    this.does.moved(this.#at);
  }

  #down(event) {
    if (!this.view.picture || event.ctrlKey || event.metaKey) return;
    const arrow = ARROWS[event.key];
    if (arrow) this.#step(arrow, event);
    else if (event.key === " " && this.shown) this.#press(event);
    else return;
    event.preventDefault();
  }

  #step([right, down], { shiftKey, altKey }) {
    this.#show();
    const step = altKey ? 1 : this.does.step() * (shiftKey ? FASTER : 1);
    const { width, height } = this.view.picture;
    const within = (at, size) => Math.min(Math.max(at, 0), size);
    this.#at = {
      x: within(this.#at.x + right * step, width),
      y: within(this.#at.y + down * step, height),
    };
    this.view.reveal(this.#at);
    this.#active?.move(this.#at);
    this.does.moved(this.#at);
  }

  #press({ repeat }) {
    if (repeat) return;
    if (this.#active) return this.#end(); // the second corner of a box
    this.#active = this.does.tool();
    this.#active?.start(this.#at);
  }

  #up(event) {
    // A box waits for its second corner; a stroke ends.
    if (event.key === " " && this.#active && !this.#active.begun) this.#end();
  }

  #end() {
    const active = this.#active;
    this.#active = null;
    active.end();
  }
}
