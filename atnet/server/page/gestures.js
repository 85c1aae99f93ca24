/** Mouse, pen and fingers on the picture. */

const WHEEL_ZOOM = 0.0016; // per pixel of the wheel
const WHEEL_SIZE = 0.0012;
const LINE = 16; // pixels, where a wheel counts lines

export class Gestures {
  #pointers = new Map(); // by identity, the latest event
  #active = null; // the tool between its start and end
  #panning = false;
  #penSeen = false;

  /**
   * @param canvas The element.
   * @param view What is zoomed and moved.
   * @param does tool(): the tool, or null to move the picture; spaceHeld(); resize(factor): the
   *   brush; hover(event or null): the pointer is over the picture.
   */
  constructor(canvas, view, does) {
    Object.assign(this, { canvas, view, does });
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerup", (event) => this.#up(event));
    canvas.addEventListener("pointercancel", (event) => this.#up(event, true));
    canvas.addEventListener("pointerleave", () => does.hover(null));
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  #down(event) {
    if (event.button > 1 || !this.view.picture) return;
    event.preventDefault(); // no text selection, no middle-button scrolling
    this.canvas.focus({ preventScroll: true });
    this.canvas.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, event);
    this.#penSeen ||= event.pointerType === "pen";
    if (this.#pointers.size > 1) return this.#stop();
    const tool = this.does.tool();
    // Who draws with a pen rests a hand on the screen.
    const hand = event.pointerType === "touch" && this.#penSeen;
    this.#panning = event.button === 1 || this.does.spaceHeld() || hand || !tool;
    this.does.hover(event);
    if (this.#panning) return;
    this.#active = tool;
    tool.start(this.#point(event));
  }

  #move(event) {
    this.does.hover(event);
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    if (this.#pointers.size === 2) this.#pinch(before, event);
    else if (this.#panning) this.view.panBy(event.clientX - before.clientX, event.clientY - before.clientY);
    else if (this.#active) {
      const events = event.getCoalescedEvents?.() ?? [];
      for (const it of events.length ? events : [event]) this.#active.move(this.#point(it));
    }
    this.#pointers.set(event.pointerId, event);
  }

  #up(event, cancelled = false) {
    if (!this.#pointers.delete(event.pointerId)) return;
    if (cancelled) this.#stop();
    else if (this.#active) this.#active.end();
    this.#active = null;
    if (!this.#pointers.size) this.#panning = false;
  }

  /** A second finger means moving: what the first one began is taken back. */
  #stop() {
    this.#active?.cancel();
    this.#active = null;
    this.#panning = true;
  }

  #pinch(before, after) {
    const [other] = [...this.#pointers.values()].filter((it) => it.pointerId !== after.pointerId);
    const distance = (event) =>
      Math.hypot(event.clientX - other.clientX, event.clientY - other.clientY);
    const middle = (name) => (after[name] + other[name]) / 2;
    const { left, top } = this.canvas.getBoundingClientRect();
    this.view.panBy((after.clientX - before.clientX) / 2, (after.clientY - before.clientY) / 2);
    const factor = distance(after) / Math.max(distance(before), 1);
    this.view.zoomBy(factor, middle("clientX") - left, middle("clientY") - top);
  }

  #wheel(event) {
    if (!this.view.picture) return;
    event.preventDefault();
    // With shift, browsers turn the wheel sideways.
    const turned = (event.deltaY || event.deltaX) * (event.deltaMode ? LINE : 1);
    if (event.shiftKey || event.altKey) {
      this.does.resize(Math.exp(-turned * WHEEL_SIZE));
      return this.does.hover(event);
    }
    const { left, top } = this.canvas.getBoundingClientRect();
    const pinched = event.ctrlKey ? 6 : 1; // a pinch on a trackpad comes as a slow wheel
    const factor = Math.exp(-turned * WHEEL_ZOOM * pinched);
    this.view.zoomBy(Math.min(Math.max(factor, 0.5), 2), event.clientX - left, event.clientY - top);
    this.does.hover(event);
  }

  #point(event) {
    const pressure = event.pointerType === "pen" ? event.pressure : 1;
    return { ...this.view.toPicture(event), pressure };
  }
}
