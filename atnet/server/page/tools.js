/** What a pointer or the keyboard does with the picture: paint, drag a box, move the divider. */

import { around, intersection, isEmpty } from "./box.js";

const LIGHTEST = 0.25; // of a brush's radius that is left without pressure

/** Paints the trimap. */
export class Brush {
  #last = null;

  /**
   * @param trimap The trimap.
   * @param value What it paints: 0, 128 or 255.
   * @param size Its diameter in pixels.
   * @param onPaint Called with each box that was painted.
   * @param onDone Called after a stroke that changed anything.
   */
  constructor(trimap, value, size, onPaint, onDone) {
    Object.assign(this, { trimap, value, size, onPaint, onDone });
  }

  start(point) {
    this.trimap.begin();
    this.#last = this.#sample(point);
    this.onPaint(this.trimap.line(this.#last, this.#last, this.value));
  }

  move(point) {
    const next = this.#sample(point);
    this.onPaint(this.trimap.line(this.#last, next, this.value));
    this.#last = next;
  }

  end() {
    if (this.trimap.finish()) this.onDone();
  }

  cancel() {
    const box = this.trimap.abandon();
    if (box) this.onPaint(box);
  }

  #sample({ x, y, pressure }) {
    const share = LIGHTEST + (1 - LIGHTEST) * (pressure ?? 1);
    return { x, y, radius: Math.max(0.5, (this.size / 2) * share) };
  }
}

/** Drags a box around the subject. */
export class BoxTool {
  #corner = null;

  /**
   * @param frame The whole picture.
   * @param onDrag Called with the box so far, or null when there is none any more.
   * @param onDone Called with the box.
   */
  constructor(frame, onDrag, onDone) {
    Object.assign(this, { frame, onDrag, onDone });
  }

  get begun() {
    return this.#corner !== null;
  }

  start(point) {
    this.#corner = point;
    this.move(point);
  }

  move(point) {
    this.box = intersection(around([this.#corner, point]), this.frame);
    this.onDrag(this.box);
  }

  end() {
    this.cancel();
    if (!isEmpty(this.box) && Math.min(this.box.width, this.box.height) > 2) this.onDone(this.box);
  }

  cancel() {
    this.#corner = null;
    this.onDrag(null);
  }
}

/** Moves the divider between before and after. */
export class Divider {
  /** @param onMove Called with the share of the width that shows what was before. */
  constructor(width, onMove) {
    Object.assign(this, { width, onMove });
  }

  start(point) {
    this.move(point);
  }

  move({ x }) {
    this.onMove(Math.min(Math.max(x / this.width, 0), 1));
  }

  end() {}

  cancel() {}
}
