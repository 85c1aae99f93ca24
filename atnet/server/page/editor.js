/** The picture with its tools: what is shown of a trimap, and what is done to it. */

import { KeyboardCursor } from "./cursor.js";
import { Gestures } from "./gestures.js";
import { announceSoon } from "./messages.js";
import { Scene } from "./scene.js";
import { BoxTool, Brush, Divider } from "./tools.js";
import { BACKGROUND, FOREGROUND, Trimap, UNKNOWN } from "./trimap.js";
import { View } from "./view.js";

const VALUES = { foreground: FOREGROUND, unknown: UNKNOWN, background: BACKGROUND };
const NAMES = { [FOREGROUND]: "subject", [UNKNOWN]: "unknown", [BACKGROUND]: "background" };
const SMALLEST = 1; // brush, in pixels of the picture
const FIRST_SIZE = 0.035; // of the longer side
const LARGEST_SIZE = 0.4;
const BOX_STEPS = 40; // arrows from one side of the picture to the other, for the box

export class Editor {
  tool = "box";
  trimap = null;
  #known = 0; // edits that are in the cutout
  #space = false;
  #spot = null; // of the brush: {x, y} of the picture, or null

  /**
   * @param elements canvas, brush, selection, divider.
   * @param does edited(): the trimap changed; boxed(box); resized(): the brush; moved(view);
   *   divided(share).
   */
  constructor(elements, does) {
    const { canvas, brush, selection, divider } = elements;
    Object.assign(this, { canvas, brush, selection, divider, does });
    this.scene = new Scene();
    this.scene.pending = () => this.trimap.marksSince(this.#known);
    const draw = (context, view) => this.scene.draw(context, view);
    this.view = new View(this.canvas, draw, () => this.#moved());
    const tool = () => this.#chosen();
    new Gestures(this.canvas, this.view, {
      tool,
      spaceHeld: () => this.#space,
      resize: (factor) => this.resizeBy(factor),
      hover: (event) => this.#hover(event),
    });
    this.cursor = new KeyboardCursor(this.canvas, this.view, {
      tool,
      step: () => this.#step(),
      moved: (point) => this.#cursorMoved(point),
    });
    this.#watchSpace();
  }

  /** Begins with a photograph, an ImageBitmap. */
  open(photograph) {
    const { width, height } = photograph;
    this.trimap = new Trimap(width, height);
    this.scene.open(photograph);
    this.scene.tint(this.trimap, this.trimap.frame);
    this.#known = 0;
    this.largest = Math.max(20, Math.round(Math.max(width, height) * LARGEST_SIZE));
    this.resize(Math.round(Math.max(width, height) * FIRST_SIZE));
    this.view.show(width, height);
  }

  /** Takes over a trimap's values as one edit. */
  replace(values) {
    this.#changed(this.trimap.replace(values));
  }

  undo() {
    this.#changed(this.trimap?.undo());
  }

  redo() {
    this.#changed(this.trimap?.redo());
  }

  /** Takes over a part of the cutout, and what edits it knows. */
  cut(picture, area, edits) {
    if (picture) this.scene.cut(picture, area);
    this.#known = edits;
    this.view.invalidate();
  }

  show(mode) {
    this.scene.mode = mode;
    this.#moved();
    this.view.invalidate();
  }

  lay(backdrop) {
    this.scene.backdrop = backdrop;
    this.view.invalidate();
  }

  choose(tool) {
    this.cursor.cancel();
    this.tool = tool;
    this.#moved();
  }

  divide(share) {
    this.scene.divider = share;
    this.#moved();
    this.view.invalidate();
  }

  /** Sets the brush's diameter in pixels of the picture. */
  resize(size) {
    this.size = Math.min(Math.max(Math.round(size), SMALLEST), this.largest);
    this.#place();
    this.does.resized();
  }

  resizeBy(factor) {
    if (!this.trimap) return;
    const resized = Math.round(this.size * factor);
    this.resize(resized === this.size ? this.size + Math.sign(factor - 1) : resized);
  }

  get comparing() {
    return this.scene.mode === "compare" && this.scene.cutout !== null;
  }

  #chosen() {
    if (this.tool === "move") return null;
    if (this.comparing) return new Divider(this.trimap.width, this.does.divided);
    if (this.tool === "box") {
      return new BoxTool(this.trimap.frame, (box) => this.#select(box), this.does.boxed);
    }
    const painted = (area) => this.#painted(area);
    return new Brush(this.trimap, VALUES[this.tool], this.size, painted, this.does.edited);
  }

  #changed(area) {
    if (!area) return;
    this.#painted(area);
    this.does.edited();
  }

  #painted(area) {
    this.scene.tint(this.trimap, area);
    this.view.invalidate(area);
  }

  #step() {
    const { width, height } = this.trimap;
    if (this.tool in VALUES && !this.comparing) return Math.max(1, this.size / 4);
    return Math.max(1, Math.max(width, height) / BOX_STEPS);
  }

  #cursorMoved(point) {
    this.#spot = point;
    this.brush.classList.toggle("keyboard", point !== null);
    this.#place();
    if (!point) return;
    const [x, y] = [point.x, point.y].map(Math.floor);
    const { width, height } = this.trimap;
    const value = this.trimap.at(Math.min(x, width - 1), Math.min(y, height - 1));
    announceSoon(`${x}, ${y}: ${NAMES[value]}`);
  }

  #hover(event) {
    if (this.cursor.shown && !event) return;
    const shown = event && event.pointerType !== "touch" && this.view.picture;
    this.#spot = shown ? this.view.toPicture(event) : null;
    this.#place();
  }

  #moved() {
    const painting = this.tool in VALUES;
    const tool = this.tool !== "move" && this.comparing ? "compare" : this.tool;
    this.canvas.dataset.tool = painting && tool !== "compare" ? "brush" : tool;
    this.#place();
    if (this.trimap) this.does.moved(this.view);
  }

  /** Places what lies over the picture: the brush's outline and the divider. */
  #place() {
    const painting = this.canvas.dataset.tool === "brush";
    this.brush.hidden = !this.#spot || !(painting || this.cursor.shown);
    if (!this.brush.hidden) {
      const size = Math.max(painting ? this.size * this.view.zoom : 14, 5);
      const { x, y } = this.view.toCanvas(this.#spot);
      this.brush.classList.toggle("cross", !painting);
      this.brush.style.width = this.brush.style.height = `${size}px`;
      this.brush.style.transform = `translate(${x - size / 2}px, ${y - size / 2}px)`;
    }
    this.divider.hidden = !this.comparing;
    if (this.comparing) {
      const at = this.view.toCanvas({ x: this.trimap.width * this.scene.divider, y: 0 });
      this.divider.style.transform = `translateX(${at.x}px)`;
    }
  }

  #select(box) {
    this.selection.hidden = !box;
    if (!box) return;
    const { x, y } = this.view.toCanvas(box);
    this.selection.style.width = `${box.width * this.view.zoom}px`;
    this.selection.style.height = `${box.height * this.view.zoom}px`;
    this.selection.style.transform = `translate(${x}px, ${y}px)`;
  }

  /** With the pointer, space held moves the picture, whatever the tool. */
  #watchSpace() {
    this.canvas.addEventListener("keydown", (event) => {
      if (event.key !== " " || this.cursor.shown) return;
      event.preventDefault();
      this.#space = true;
    });
    const released = () => (this.#space = false);
    this.canvas.addEventListener("keyup", (event) => event.key === " " && released());
    this.canvas.addEventListener("blur", released);
  }
}
