/** The trimap: one byte a pixel, painted without soft edges, with undo and redo. */

import { around, box, intersection, isEmpty, union } from "./box.js";

export const BACKGROUND = 0;
export const UNKNOWN = 128;
export const FOREGROUND = 255;

const TILE = 128; // pixels: what an edit keeps of the state before it, for undo
const KEPT_BYTES = 128 * 2 ** 20; // by all edits together; the oldest is forgotten first

/** What one stroke, or one new trimap, changed: tiles of the other state, and the marks drawn. */
class Edit {
  tiles = new Map();
  marks = [];
  bytes = 0;
  box = null;

  constructor(number) {
    this.number = number;
  }
}

export class Trimap {
  edits = 0; // ever begun, also those that were taken back
  #done = [];
  #undone = [];
  #edit = null;
  #columns;

  /** Everything is unknown at first. */
  constructor(width, height) {
    this.width = width;
    this.height = height;
    this.values = new Uint8Array(width * height).fill(UNKNOWN);
    this.revision = 0; // another number whenever an edit is finished, undone or redone
    this.#columns = Math.ceil(width / TILE);
  }

  get frame() {
    return box(0, 0, this.width, this.height);
  }

  get canUndo() {
    return this.#done.length > 0;
  }

  get canRedo() {
    return this.#undone.length > 0;
  }

  /** Whether nothing is known yet. */
  get isBlank() {
    return this.values.every((value) => value === UNKNOWN);
  }

  at(x, y) {
    return this.values[y * this.width + x];
  }

  /** Begins an edit; `line` belongs to it until `finish`. */
  begin() {
    this.finish();
    this.#edit = new Edit(++this.edits);
  }

  /**
   * Paints a line with round ends.
   *
   * @param from {x, y, radius} in pixels, pixel (0, 0) being centred on (0.5, 0.5).
   * @param to The other end; the radius changes evenly on the way.
   * @param value 0, 128 or 255.
   * @returns The box that was touched.
   */
  line(from, to, value) {
    const reach = Math.max(from.radius, to.radius);
    const touched = intersection(around([from, to], reach + 1), this.frame);
    this.#edit.marks.push({ from, to, value });
    if (isEmpty(touched)) return touched;
    const length = Math.hypot(to.x - from.x, to.y - from.y);
    const steps = Math.ceil(length / Math.max(0.5, Math.min(from.radius, to.radius) / 8));
    for (let step = 0; step <= steps; step++) {
      const share = steps ? step / steps : 1;
      const between = (name) => from[name] + share * (to[name] - from[name]);
      this.#disc(between("x"), between("y"), between("radius"), value);
    }
    this.#edit.box = union(this.#edit.box, touched);
    return touched;
  }

  /** Ends the edit; returns whether it changed anything. */
  finish() {
    const edit = this.#edit;
    this.#edit = null;
    if (!edit || !edit.tiles.size) return false;
    this.#done.push(edit);
    this.#undone = [];
    this.revision++;
    this.#forget();
    return true;
  }

  /** Takes back an edit that is not finished; returns its box. */
  abandon() {
    const edit = this.#edit;
    this.#edit = null;
    if (edit) this.#swap(edit);
    return edit?.box ?? null;
  }

  /** Replaces all of it by other values, as one edit; returns the box that changed. */
  replace(values) {
    this.begin();
    const { frame, values: before, width } = this;
    for (let y = 0; y < frame.height; y += TILE) {
      for (let x = 0; x < width; x += TILE) {
        const tile = intersection(box(x, y, TILE, TILE), frame);
        if (!sameIn(tile, before, values, width)) this.#keep(tile);
      }
    }
    before.set(values);
    const changed = this.#edit.box;
    this.finish();
    return changed;
  }

  /** Takes back the last edit; returns its box, or null if there is none. */
  undo() {
    return this.#move(this.#done, this.#undone);
  }

  redo() {
    return this.#move(this.#undone, this.#done);
  }

  /** What was drawn in the edits after a number of them. */
  marksSince(edits) {
    const later = this.#done.filter((edit) => edit.number > edits);
    return [...later, this.#edit].flatMap((edit) => edit?.marks ?? []);
  }

  #move(from, to) {
    const edit = from.pop();
    if (!edit) return null;
    this.#swap(edit);
    to.push(edit);
    this.revision++;
    return edit.box;
  }

  #disc(x, y, radius, value) {
    const { width, height, values } = this;
    const top = Math.max(0, Math.ceil(y - radius - 0.5));
    const bottom = Math.min(height - 1, Math.floor(y + radius - 0.5));
    const left = Math.max(0, Math.floor(x - radius));
    const right = Math.min(width, Math.ceil(x + radius));
    if (top > bottom || left >= right) return;
    this.#keepAround(box(left, top, right - left, bottom - top + 1));
    for (let row = top; row <= bottom; row++) {
      const half = Math.sqrt(Math.max(0, radius ** 2 - (row + 0.5 - y) ** 2));
      const first = Math.max(0, Math.ceil(x - half - 0.5));
      const last = Math.min(width - 1, Math.floor(x + half - 0.5));
      if (first <= last) values.fill(value, row * width + first, row * width + last + 1);
    }
  }

  #keepAround(area) {
    for (let y = area.y - (area.y % TILE); y < area.y + area.height; y += TILE) {
      for (let x = area.x - (area.x % TILE); x < area.x + area.width; x += TILE) {
        this.#keep(intersection(box(x, y, TILE, TILE), this.frame));
      }
    }
  }

  #keep(tile) {
    const edit = this.#edit;
    const index = (tile.y / TILE) * this.#columns + tile.x / TILE;
    if (edit.tiles.has(index)) return;
    const kept = new Uint8Array(tile.width * tile.height);
    for (let row = 0; row < tile.height; row++) {
      const start = (tile.y + row) * this.width + tile.x;
      kept.set(this.values.subarray(start, start + tile.width), row * tile.width);
    }
    edit.tiles.set(index, { tile, kept });
    edit.bytes += kept.length;
    edit.box = union(edit.box, tile);
  }

  #swap(edit) {
    for (const { tile, kept } of edit.tiles.values()) {
      for (let row = 0; row < tile.height; row++) {
        const start = (tile.y + row) * this.width + tile.x;
        const present = this.values.slice(start, start + tile.width);
        this.values.set(kept.subarray(row * tile.width, (row + 1) * tile.width), start);
        kept.set(present, row * tile.width);
      }
    }
  }

  #forget() {
    let bytes = this.#done.reduce((sum, edit) => sum + edit.bytes, 0);
    while (bytes > KEPT_BYTES && this.#done.length > 1) bytes -= this.#done.shift().bytes;
  }
}

function sameIn(tile, one, other, width) {
  for (let y = tile.y; y < tile.y + tile.height; y++) {
    for (let i = y * width + tile.x; i < y * width + tile.x + tile.width; i++) {
      if (one[i] !== other[i]) return false;
    }
  }
  return true;
}
