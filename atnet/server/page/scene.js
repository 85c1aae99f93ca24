/** What is drawn: photograph and trimap, alpha, cutout, or before and after. */

import { box, intersection } from "./box.js";
import { Pyramid } from "./pyramid.js";
import { BACKGROUND, FOREGROUND, UNKNOWN } from "./trimap.js";

// The subject stays as it is, the background is dimmed, and what is unknown is orange.
const TINTS = {
  [FOREGROUND]: [255, 255, 255, 0],
  [BACKGROUND]: [12, 16, 28, 178],
  [UNKNOWN]: [255, 138, 0, 122],
};
const MARKS = { [FOREGROUND]: "#ffffff", [BACKGROUND]: "#0c101c", [UNKNOWN]: "#ff8a00" };
const MARKS_OPACITY = 0.7;
const CHECKS = { size: 10, light: "#ffffff", dark: "#d5d8dd" }; // CSS pixels
const STRIP = 256; // rows that are tinted at a time

export class Scene {
  mode = "trimap";
  backdrop = "checkerboard"; // or a colour, or an ImageBitmap
  divider = 0.5; // share of the width that shows what was before
  cutout = null;
  pending = () => []; // marks that the cutout does not know yet
  #tints = null;
  #checks = null;

  /** Begins with another photograph, an ImageBitmap. */
  open(photograph) {
    this.photograph = Pyramid.of(photograph);
    this.#tints = new Pyramid(photograph.width, photograph.height);
    this.cutout = null;
    this.mode = "trimap";
  }

  /** Takes over a box of the trimap. */
  tint(trimap, area) {
    const colours = new Uint32Array(256);
    for (const [value, tint] of Object.entries(TINTS)) {
      colours[value] = new Uint32Array(Uint8Array.from(tint).buffer)[0];
    }
    for (let y = area.y; y < area.y + area.height; y += STRIP) {
      const strip = intersection(box(area.x, y, area.width, STRIP), area);
      const picture = new ImageData(strip.width, strip.height);
      const pixels = new Uint32Array(picture.data.buffer);
      for (let row = 0; row < strip.height; row++) {
        const start = (strip.y + row) * trimap.width + strip.x;
        for (let i = 0; i < strip.width; i++) {
          pixels[row * strip.width + i] = colours[trimap.values[start + i]];
        }
      }
      this.#tints.put(picture, strip);
    }
  }

  /** Takes over a box of the cutout, an ImageBitmap of its size. */
  cut(picture, area) {
    this.cutout ??= new Pyramid(this.photograph.width, this.photograph.height);
    this.cutout.put(picture, area);
  }

  draw(context, view) {
    const { width, height } = this.photograph;
    context.beginPath();
    context.rect(0, 0, width, height);
    context.clip();
    if (this.mode === "trimap" || !this.cutout) this.#drawTrimap(context, view);
    else if (this.mode === "alpha") this.#drawAlpha(context, view);
    else if (this.mode === "cutout") this.#drawCutout(context, view);
    else this.#drawBoth(context, view);
  }

  #drawTrimap(context, view) {
    this.photograph.draw(context, view.pixelsShown);
    this.#tints.draw(context, view.pixelsShown);
  }

  #drawAlpha(context, view) {
    // White where the cutout is, by its alpha, and black behind.
    this.cutout.draw(context, view.pixelsShown);
    context.globalCompositeOperation = "source-atop";
    this.#fill(context, "white");
    context.globalCompositeOperation = "destination-over";
    this.#fill(context, "black");
    context.globalCompositeOperation = "source-over";
    this.#drawPending(context);
  }

  #drawCutout(context, view) {
    this.#drawBackdrop(context, view);
    this.cutout.draw(context, view.pixelsShown);
    this.#drawPending(context);
  }

  #drawBoth(context, view) {
    const { width, height } = this.photograph;
    this.photograph.draw(context, view.pixelsShown);
    context.save();
    context.beginPath();
    context.rect(width * this.divider, 0, width * (1 - this.divider), height);
    context.clip();
    context.clearRect(width * this.divider, 0, width * (1 - this.divider), height);
    this.#drawCutout(context, view);
    context.restore();
  }

  #drawBackdrop(context, view) {
    if (this.backdrop instanceof ImageBitmap) this.#cover(context, this.backdrop);
    else if (this.backdrop === "checkerboard") this.#drawChecks(context, view);
    else this.#fill(context, this.backdrop);
  }

  #drawChecks(context, view) {
    this.#checks ??= context.createPattern(checks(), "repeat");
    const scale = 1 / view.zoom; // the same on the screen at every zoom
    this.#checks.setTransform(new DOMMatrix().scale(scale));
    context.imageSmoothingEnabled = false;
    this.#fill(context, this.#checks);
  }

  #cover(context, picture) {
    const { width, height } = this.photograph;
    const scale = Math.max(width / picture.width, height / picture.height);
    const size = [picture.width * scale, picture.height * scale];
    context.imageSmoothingEnabled = true;
    context.drawImage(picture, (width - size[0]) / 2, (height - size[1]) / 2, ...size);
  }

  /** Draws marks on a sheet of their own first: where they overlap they must not add up. */
  #drawPending(context) {
    const marks = this.pending();
    if (!marks.length) return;
    const { width, height } = context.canvas;
    const sheet = new OffscreenCanvas(width, height);
    const drawing = sheet.getContext("2d");
    drawing.setTransform(context.getTransform());
    drawing.lineCap = "round";
    for (const { from, to, value } of marks) {
      drawing.strokeStyle = MARKS[value];
      drawing.lineWidth = from.radius + to.radius;
      drawing.beginPath();
      drawing.moveTo(from.x, from.y);
      drawing.lineTo(to.x, to.y);
      drawing.stroke();
    }
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.globalAlpha = MARKS_OPACITY;
    context.drawImage(sheet, 0, 0);
    context.restore();
  }

  #fill(context, style) {
    context.fillStyle = style;
    context.fillRect(0, 0, this.photograph.width, this.photograph.height);
  }
}

function checks() {
  const { size, light, dark } = CHECKS;
  const canvas = new OffscreenCanvas(2 * size, 2 * size);
  const context = canvas.getContext("2d");
  context.fillStyle = light;
  context.fillRect(0, 0, 2 * size, 2 * size);
  context.fillStyle = dark;
  context.fillRect(0, 0, size, size);
  context.fillRect(size, size, size, size);
  return canvas;
}
