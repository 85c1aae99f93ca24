/** A large picture and halves of it, so that drawing it small is fast and smooth. */

import { around, box, intersection } from "./box.js";

const SMALLEST = 600; // pixels of the longer side, below which nothing is gained

export class Pyramid {
  #levels = [];

  constructor(width, height) {
    this.width = width;
    this.height = height;
    for (let scale = 1; ; scale /= 2) {
      const size = [width, height].map((side) => Math.max(1, Math.round(side * scale)));
      this.#levels.push({ scale, context: new OffscreenCanvas(...size).getContext("2d") });
      if (Math.max(...size) / 2 < SMALLEST) break;
    }
  }

  /** Makes one of a whole picture. */
  static of(picture) {
    const pyramid = new Pyramid(picture.width, picture.height);
    pyramid.put(picture, box(0, 0, picture.width, picture.height));
    return pyramid;
  }

  /** Replaces a box by a picture of its size, ImageBitmap or ImageData. */
  put(picture, area) {
    const { context } = this.#levels[0];
    if (picture instanceof ImageData) {
      context.putImageData(picture, area.x, area.y);
    } else {
      context.clearRect(area.x, area.y, area.width, area.height);
      context.drawImage(picture, area.x, area.y);
    }
    this.#halve(area);
  }

  /** Fills all of it with one colour. */
  fill(colour) {
    for (const { context } of this.#levels) {
      context.fillStyle = colour;
      context.fillRect(0, 0, context.canvas.width, context.canvas.height);
    }
  }

  /** Draws it in picture coordinates, from the level that the zoom needs. */
  draw(context, pixelsShown) {
    let chosen = this.#levels[0];
    for (const level of this.#levels) if (level.scale >= pixelsShown) chosen = level;
    context.imageSmoothingEnabled = pixelsShown < 2; // from there on single pixels are looked at
    context.drawImage(chosen.context.canvas, 0, 0, this.width, this.height);
  }

  #halve(area) {
    for (let i = 1; i < this.#levels.length; i++) {
      const [{ context: from }, { context: to }] = [this.#levels[i - 1], this.#levels[i]];
      const target = box(0, 0, to.canvas.width, to.canvas.height);
      const ratio = { x: target.width / this.width, y: target.height / this.height };
      const corner = { x: area.x * ratio.x, y: area.y * ratio.y };
      const opposite = {
        x: (area.x + area.width) * ratio.x,
        y: (area.y + area.height) * ratio.y,
      };
      const part = intersection(around([corner, opposite], 2), target);
      to.save();
      to.beginPath();
      to.rect(part.x, part.y, part.width, part.height);
      to.clip();
      to.clearRect(part.x, part.y, part.width, part.height);
      to.drawImage(from.canvas, 0, 0, target.width, target.height);
      to.restore();
    }
  }
}
