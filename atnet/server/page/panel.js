/** The controls around the picture: what is chosen there, and what they show. */

import { announce, clearComplaints, complain } from "./messages.js";

/** Everything on the page that has a name. */
export const page = Object.fromEntries(
  [...document.querySelectorAll("[id]")].map((element) => [element.id, element]),
);

let busy = 0; // things that are waited for

/** Returns the value of a group of radio buttons. */
export const chosen = (group) => document.querySelector(`[name=${group}]:checked`).value;

export function select(group, value) {
  document.querySelector(`[name=${group}][value="${value}"]`).checked = true;
}

/** Calls with the value whenever one of the group is chosen. */
export function whenChosen(group, call) {
  for (const button of document.getElementsByName(group)) {
    button.addEventListener("change", () => call(button.value));
  }
}

/** On a small screen one panel is shown at a time. */
export function showTab(name) {
  document.body.dataset.tab = name;
  for (const tab of page.tabs.children) tab.ariaPressed = String(tab.dataset.tab === name);
}

/** Shows the work instead of the start. */
export function showWork(title) {
  document.title = page.name.textContent = title;
  document.body.dataset.state = "open";
  page.start.hidden = true;
  page.work.hidden = false;
}

/** Alpha, cutout and before-and-after can be looked at, or not yet. */
export function allowResults(allowed) {
  for (const button of document.getElementsByName("mode")) {
    button.disabled = button.value !== "trimap" && !allowed;
  }
}

// The brush's slider goes by equal factors: small sizes need the finer steps.
export function showSize(size, largest) {
  page.size.value = (100 * Math.log(size)) / Math.log(largest);
  page["size-shown"].textContent = `${size} px`;
  page.size.setAttribute("aria-valuetext", `${size} pixels`);
}

export const sizeOfSlider = (largest) => largest ** (page.size.value / 100);

export function showShare(share) {
  page.share.value = Math.round(share * 100);
  page["share-shown"].textContent = `${page.share.value} %`;
}

export function showZoom(zoom) {
  page.zoom.textContent = `${Math.round(zoom * 100)} %`;
}

export function showHistory(trimap) {
  page.undo.disabled = !trimap.canUndo;
  page.redo.disabled = !trimap.canRedo;
}

/** Tells what to do next, over the picture. */
export function showHint(text) {
  page.hint.textContent = text;
  page.hint.hidden = !text;
}

/** Shows how far the matte is; without numbers, or with none to do, that it has begun. */
export function showProgress(done, of) {
  page.cancel.hidden = page.running.hidden = false;
  page.work.ariaBusy = "true";
  if (!of) {
    page.running.removeAttribute("value");
    return told("Matting …");
  }
  page.running.max = of;
  page.running.value = done;
  const text = `${done} of ${of} tiles`;
  // Said by quarters, shown always.
  if (Math.floor((4 * done) / of) > Math.floor((4 * (done - 1)) / of)) announce(text);
  page.outcome.textContent = text;
}

export function hideProgress() {
  page.cancel.hidden = true;
  page.work.ariaBusy = "false";
  page.running.hidden = busy === 0;
}

/** Says how a matte went. */
export function told(text) {
  page.outcome.textContent = text;
  announce(text);
}

/**
 * Shows that something is going on, and what is wrong with it.
 *
 * @returns What the work returns, or undefined if it failed.
 */
export async function waiting(what, work) {
  busy++;
  clearComplaints();
  if (page.cancel.hidden) page.running.removeAttribute("value");
  page.running.hidden = false;
  page.start.ariaBusy = "true";
  page.start.inert = true;
  announce(`${what} …`);
  try {
    return await work();
  } catch (error) {
    complain(error.message);
    return undefined;
  } finally {
    busy--;
    page.start.ariaBusy = "false";
    page.start.inert = busy > 0;
    if (page.cancel.hidden) page.running.hidden = busy === 0;
  }
}

/** Hands a file to the reader's own folder of downloads. */
export function download(file, name) {
  const link = document.createElement("a");
  link.download = name;
  link.href = URL.createObjectURL(file);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  announce(`${name} is saved.`);
}
