/** From the trimap to the cutout: sends what was painted, follows the work, fetches what changed. */

import { grown, intersection, isEmpty, union } from "./box.js";
import { greyPng } from "./png.js";

const COLOURS_REACH = 128; // pixels around a changed alpha where foreground colours change with it

export class Computation {
  #sent; // the trimap's revision that the server has
  #version = 0; // of the alpha that the page shows
  #missing = null; // a box that changed on the server, but has not been fetched
  #controller = null;
  #running = Promise.resolve();

  /**
   * @param draft The server's side.
   * @param trimap The page's.
   */
  constructor(draft, trimap) {
    Object.assign(this, { draft, trimap });
    this.matted = null; // revision and quality of what is shown
  }

  get running() {
    return this.#controller !== null;
  }

  /** Stops; what was painted stays. */
  cancel() {
    this.#controller?.abort();
  }

  /** The server has this trimap, for it made it. */
  received() {
    this.#sent = this.trimap.revision;
  }

  /** Whether what is shown is of the present trimap in a quality. */
  isCurrent(quality) {
    return this.matted === `${this.trimap.revision} ${quality}`;
  }

  /**
   * Computes; one that still runs is stopped first.
   *
   * @param quality "fast", "standard" or "best".
   * @param onProgress Called with tiles done and in all.
   * @returns {seconds, box, picture, edits}: the changed part of the cutout as an ImageBitmap (null
   *   if nothing changed) and the trimap's edits in it; null if it was cancelled.
   */
  async run(quality, onProgress) {
    this.cancel();
    const controller = new AbortController();
    this.#controller = controller;
    const before = this.#running;
    const work = before.then(() => this.#compute(quality, controller.signal, onProgress));
    this.#running = work.catch(() => {});
    try {
      return await work;
    } catch (error) {
      if (controller.signal.aborted) return null;
      throw error;
    } finally {
      if (this.#controller === controller) this.#controller = null;
    }
  }

  async #compute(quality, signal, onProgress) {
    signal.throwIfAborted();
    const { revision, edits, values, width, height, frame } = this.trimap;
    if (this.#sent !== revision) {
      await this.draft.hint("trimap", await greyPng(values, width, height));
      this.#sent = revision;
    }
    signal.throwIfAborted();
    const { seconds, version, box } = await this.draft.matte(quality, signal, onProgress);
    // The box is counted from the alpha before, which a run that was cancelled late may have made.
    const followed = version === this.#version + (isEmpty(box) ? 0 : 1);
    const changed = isEmpty(box) ? box : intersection(grown(box, COLOURS_REACH), frame);
    this.#missing = followed ? union(this.#missing, changed) : frame;
    this.#version = version;
    const picture = await this.#fetch(version);
    const area = this.#missing;
    this.#missing = null;
    this.matted = `${revision} ${quality}`;
    return { seconds, box: area, picture, edits };
  }

  async #fetch(version) {
    if (!this.#missing || isEmpty(this.#missing)) return null;
    return createImageBitmap(await this.draft.cutout(this.#missing, version));
  }
}
