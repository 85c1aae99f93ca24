/** The server's side of a photograph that is being worked on. */

import { box } from "./box.js";
import { linesOf } from "./lines.js";

/** What the server refused, in its own words. */
export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

const GONE = 404;
const PAINTED = "trimap?trimap_orientation=shown";

export class Draft {
  #id;
  #source;
  #trimap = null;

  /**
   * @param source The photograph, a Blob; null is the example.
   * @param told What the server said of it.
   */
  constructor(source, told) {
    this.#source = source;
    this.#id = told.id;
    this.width = told.width;
    this.height = told.height;
    this.hasTrimap = Boolean(told.trimap);
  }

  static async open(source) {
    return new Draft(source, await told(source));
  }

  /** The photograph as the server sees it, upright and in sRGB. */
  async image() {
    return (await this.#request("image.png")).blob();
  }

  async trimap() {
    return (await this.#request("trimap.png")).blob();
  }

  /**
   * Tells where the subject is.
   *
   * @param kind "trimap", "mask", "scribbles" (pictures) or "box" ("x,y,width,height").
   * @param value The picture or the text; of a file the server finds out whether it was drawn on
   *   the photograph as it is shown, of what was painted here it is told.
   * @returns The trimap that comes of it, a PNG.
   */
  async hint(kind, value) {
    const path = value instanceof File ? "trimap" : PAINTED;
    const answer = await this.#request(path, { method: "POST", body: formOf(kind, value) });
    this.#trimap = await answer.blob();
    return this.#trimap;
  }

  /**
   * Computes alpha.
   *
   * @param quality "fast", "standard" or "best".
   * @param signal Aborting it stops the work.
   * @param onProgress Called with tiles done and tiles in all.
   * @returns {seconds, version, box}: how long it took, and what changed.
   */
  async matte(quality, signal, onProgress) {
    const options = { method: "POST", signal };
    const response = await this.#request(`matte?quality=${quality}`, options);
    for await (const line of linesOf(response)) {
      if (line.error) throw new Problem(response.status, line.error);
      if (line.box) return { ...line, box: box(...line.box) };
      onProgress(line.done, line.of);
    }
    throw new Problem(0, "The server stopped before the matte was finished. Try again.");
  }

  /** The part of the cutout in a box, a PNG. */
  async cutout({ x, y, width, height }, version) {
    const query = `version=${version}&box=${[x, y, width, height]}`;
    return (await this.#request(`cutout.png?${query}`)).blob();
  }

  /** A result to be kept: "alpha", "cutout" or "foreground", with 8 or 16 bits. */
  async result(kind, bits) {
    return (await this.#request(`${kind}.png?bits=${bits}`)).blob();
  }

  /** Lets the server forget it. */
  close() {
    fetch(`v1/drafts/${this.#id}`, { method: "DELETE", keepalive: true }).catch(() => {});
  }

  /** Asks; a draft that the server has forgotten is sent again, once. */
  async #request(path, options) {
    const url = () => `v1/drafts/${this.#id}/${path}`;
    try {
      return await answer(url(), options);
    } catch (problem) {
      if (problem.status !== GONE) throw problem;
      await this.#revive();
      return answer(url(), options);
    }
  }

  async #revive() {
    this.#id = (await told(this.#source)).id;
    if (!this.#trimap) return;
    const options = { method: "POST", body: formOf("trimap", this.#trimap) };
    await answer(`v1/drafts/${this.#id}/${PAINTED}`, options);
  }
}

async function told(source) {
  const url = source ? "v1/drafts" : "v1/drafts?example=true";
  const body = source ? formOf("image", source) : undefined;
  return (await answer(url, { method: "POST", body })).json();
}

function formOf(name, value) {
  const form = new FormData();
  if (value instanceof Blob) form.append(name, value, value.name ?? `${name}.png`);
  else form.append(name, value);
  return form;
}

async function answer(url, options) {
  let response;
  try {
    response = await fetch(url, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, "The server does not answer. Is “atnet serve” still running?");
  }
  if (response.ok) return response;
  throw new Problem(response.status, await explained(response));
}

async function explained(response) {
  const problem = await response.json().catch(() => ({}));
  const seconds = response.headers.get("Retry-After");
  const text = problem.detail ?? `The server answered ${response.status}.`;
  return seconds ? `${text} Try again in ${seconds} s.` : text;
}
