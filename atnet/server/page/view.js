/** Where the picture is on the screen: zoom, pan, and drawing only what has changed. */

import { box, intersection, isEmpty, union } from "./box.js";

const LARGEST = 32; // screen pixels a picture's pixel
const MARGIN = 24; // around a picture that fits, in CSS pixels
const KEPT = 60; // of the picture that cannot be moved out of sight, in CSS pixels

export class View {
  #canvas;
  #draw;
  #dirty = null; // in pixels of the screen
  #fitted = true;

  /**
   * @param canvas The element.
   * @param draw Called with a context in picture coordinates and the view.
   * @param onMove Called after zoom or position changed.
   */
  constructor(canvas, draw, onMove) {
    this.#canvas = canvas;
    this.#draw = draw;
    this.onMove = onMove;
    this.zoom = 1; // CSS pixels a picture's pixel
    this.left = 0; // of the picture, in CSS pixels of the canvas
    this.top = 0;
    this.picture = null;
    new ResizeObserver(() => this.#resize()).observe(canvas);
  }

  /** Pixels of the screen for one of the picture. */
  get pixelsShown() {
    return this.zoom * devicePixelRatio;
  }

  show(width, height) {
    this.picture = box(0, 0, width, height);
    this.fit();
  }

  fit() {
    this.#fitted = true;
    this.#place(this.#fitting());
  }

  actualSize() {
    this.zoomBy(1 / devicePixelRatio / this.zoom);
  }

  /** Zooms about a point of the canvas in CSS pixels, its middle by default. */
  zoomBy(factor, x = this.#canvas.clientWidth / 2, y = this.#canvas.clientHeight / 2) {
    const smallest = Math.min(1 / devicePixelRatio, this.#fitting().zoom) / 2;
    const zoom = Math.min(Math.max(this.zoom * factor, smallest), LARGEST / devicePixelRatio);
    const change = zoom / this.zoom;
    this.#fitted = false;
    this.#place({ zoom, left: x - (x - this.left) * change, top: y - (y - this.top) * change });
  }

  panBy(x, y) {
    this.#fitted = false;
    this.#place({ zoom: this.zoom, left: this.left + x, top: this.top + y });
  }

  /** Moves the picture just so far that a point of it is in sight. */
  reveal({ x, y }) {
    const { clientWidth, clientHeight } = this.#canvas;
    const shown = { x: this.left + x * this.zoom, y: this.top + y * this.zoom };
    const aside = (at, size) => Math.min(Math.max(at, KEPT), Math.max(size - KEPT, KEPT)) - at;
    const [right, down] = [aside(shown.x, clientWidth), aside(shown.y, clientHeight)];
    if (right || down) this.panBy(right, down);
  }

  /** From a pointer's position to the picture's. */
  toPicture({ clientX, clientY }) {
    const { left, top } = this.#canvas.getBoundingClientRect();
    return {
      x: (clientX - left - this.left) / this.zoom,
      y: (clientY - top - this.top) / this.zoom,
    };
  }

  /** From the picture to CSS pixels of the canvas. */
  toCanvas({ x, y }) {
    return { x: this.left + x * this.zoom, y: this.top + y * this.zoom };
  }

  /** Draws a box of the picture again soon, or everything. */
  invalidate(area) {
    if (!this.picture) return;
    const { width, height } = this.#canvas;
    const screen = box(0, 0, width, height);
    const part = area ? intersection(this.#onScreen(area), screen) : screen;
    if (isEmpty(part)) return;
    if (!this.#dirty) requestAnimationFrame(() => this.#paint());
    this.#dirty = union(this.#dirty, part);
  }

  #onScreen({ x, y, width, height }) {
    const [scale, grown] = [this.pixelsShown, 2]; // pixels that smoothing reaches
    const left = Math.floor(this.left * devicePixelRatio + x * scale) - grown;
    const top = Math.floor(this.top * devicePixelRatio + y * scale) - grown;
    const size = [width, height].map((side) => Math.ceil(side * scale) + 2 * grown + 1);
    return box(left, top, ...size);
  }

  #fitting() {
    const { clientWidth, clientHeight } = this.#canvas;
    const { width, height } = this.picture;
    const room = [(clientWidth - 2 * MARGIN) / width, (clientHeight - 2 * MARGIN) / height];
    const zoom = Math.max(Math.min(...room, 4), 1e-3);
    return { zoom, left: (clientWidth - width * zoom) / 2, top: (clientHeight - height * zoom) / 2 };
  }

  #place({ zoom, left, top }) {
    const { clientWidth, clientHeight } = this.#canvas;
    const within = (at, size, room) => Math.min(Math.max(at, KEPT - size), room - KEPT);
    this.zoom = zoom;
    // On whole pixels of the screen, so that 100 % is sharp.
    const round = (at) => Math.round(at * devicePixelRatio) / devicePixelRatio;
    this.left = round(within(left, this.picture.width * zoom, clientWidth));
    this.top = round(within(top, this.picture.height * zoom, clientHeight));
    this.invalidate();
    this.onMove(this);
  }

  #resize() {
    const { clientWidth, clientHeight } = this.#canvas;
    this.#canvas.width = Math.round(clientWidth * devicePixelRatio);
    this.#canvas.height = Math.round(clientHeight * devicePixelRatio);
    if (!this.picture) return;
    if (this.#fitted) this.fit();
    else this.panBy(0, 0);
  }

  #paint() {
    const { x, y, width, height } = this.#dirty;
    this.#dirty = null;
    const context = this.#canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.save();
    context.beginPath();
    context.rect(x, y, width, height);
    context.clip();
    context.clearRect(x, y, width, height);
    const scale = this.pixelsShown;
    const [left, top] = [this.left * devicePixelRatio, this.top * devicePixelRatio];
    context.setTransform(scale, 0, 0, scale, left, top);
    this.#draw(context, this);
    context.restore();
  }
}
