/** Joins the page's parts: opening, marking, matting, looking, saving. */

import { Computation } from "./computation.js";
import { Draft } from "./draft.js";
import { Editor } from "./editor.js";
import { takePictures } from "./intake.js";
import { announce, clearComplaints, complain } from "./messages.js";
import * as panel from "./panel.js";
import { chosen, page, select, told, waiting, whenChosen } from "./panel.js";
import { greyPng, trimapValues } from "./png.js";
import { listenForShortcuts } from "./shortcuts.js";
import { switchTheme } from "./theme.js";
import { UNKNOWN } from "./trimap.js";

const NO_ALPHA_YET = 409;

let draft = null;
let computation = null;
let title = "";
let saved = true; // whether the marks are in a file, or there are none

const editor = new Editor(page, {
  edited,
  boxed: ({ x, y, width, height }) => mark("box", [x, y, width, height].join(",")),
  resized: () => panel.showSize(editor.size, editor.largest),
  moved: (view) => panel.showZoom(view.pixelsShown),
  divided: divide,
});
const ask = takePictures(page, () => draft !== null, take);

// Opening

async function open(source, name) {
  const opened = await waiting("Opening", async () => {
    const begun = await Draft.open(source);
    const options = { colorSpaceConversion: "none" };
    return { begun, picture: await createImageBitmap(await begun.image(), options) };
  });
  if (!opened) return;
  computation?.cancel();
  draft?.close();
  draft = opened.begun;
  title = name;
  panel.showWork(name);
  editor.open(opened.picture);
  computation = new Computation(draft, editor.trimap);
  panel.allowResults(false);
  panel.showTab("trimap");
  panel.showHistory(editor.trimap);
  showMode("trimap");
  choose("box");
  told("Mark the subject first.");
  announce(`${name} is open, ${draft.width} by ${draft.height} pixels.`);
  page.canvas.focus({ preventScroll: true });
  if (draft.hasTrimap && (await adopt(() => draft.trimap()))) choose("unknown");
  saved = true;
}

async function openExample() {
  await open(null, "lemur");
  if (draft?.hasTrimap) await matte();
}

/** Does with a picture what it is for. */
function take(file, use) {
  if (use === "photograph") return open(file, file.name.replace(/\.[^.]*$/, ""));
  if (use === "picture") return layPicture(file);
  return mark(use, file);
}

// Marking

/** Lets the server make a trimap of a hint. */
async function mark(kind, value) {
  computation.cancel();
  if (!(await adopt(() => draft.hint(kind, value)))) return;
  choose("unknown");
  announce("The trimap is made. Touch it up, or matte.");
}

async function adopt(work) {
  const mine = computation;
  const values = await waiting("Making the trimap", async () => trimapValues(await work()));
  if (!values || mine !== computation) return false;
  showMode("trimap");
  editor.replace(values);
  computation.received();
  return true;
}

async function grow() {
  const { values, width, height } = editor.trimap;
  await mark("scribbles", await greyPng(values, width, height));
}

function clear() {
  computation.cancel();
  showMode("trimap");
  editor.replace(new Uint8Array(editor.trimap.values.length).fill(UNKNOWN));
  choose("box");
}

function edited() {
  saved = false;
  panel.showHistory(editor.trimap);
  showHint();
  if (editor.trimap.isBlank) told("Mark the subject first.");
  else if (!editor.scene.cutout) told("Ready.");
  else if (page.follow.checked) matte();
  else told("The trimap has changed.");
}

function choose(tool) {
  select("tool", tool);
  editor.choose(tool);
  showHint();
}

function showHint() {
  const blank = editor.trimap.isBlank;
  if (editor.scene.cutout) panel.showHint("");
  else if (blank && editor.tool === "box") panel.showHint("Drag a box around the subject");
  else if (blank) panel.showHint("Paint the subject and the background");
  else panel.showHint("Hair and edges belong under orange. Then press Matte.");
}

// Matting

/** Returns whether the cutout is that of the present trimap. */
async function matte() {
  const mine = computation;
  if (!mine) return false;
  const first = !editor.scene.cutout;
  clearComplaints();
  panel.showProgress();
  try {
    const done = await mine.run(chosen("quality"), panel.showProgress);
    if (mine !== computation) return false;
    if (done) finished(done, first);
    else if (!mine.running) told("Stopped.");
    return done !== null;
  } catch (error) {
    if (mine === computation) complain(error.message);
    told("Not done.");
    return false;
  } finally {
    if (!computation.running) panel.hideProgress();
  }
}

function finished({ picture, box, edits, seconds }, first) {
  editor.cut(picture, box, edits);
  panel.allowResults(true);
  if (first) {
    showMode("cutout");
    panel.showTab("view");
  }
  showHint();
  told(`Done in ${seconds.toFixed(1)} s.`);
}

// Looking

function showMode(mode) {
  if (mode !== "trimap" && !editor.scene.cutout) return;
  select("mode", mode);
  editor.show(mode);
  page.compare.hidden = mode !== "compare";
}

function divide(share) {
  editor.divide(share);
  panel.showShare(share);
}

function lay(backdrop) {
  if (backdrop === "picture") return ask("picture");
  editor.lay(backdrop === "colour" ? page.colour.value : backdrop);
}

async function layPicture(file) {
  const picture = await createImageBitmap(file).catch(() => null);
  if (!picture) return complain(`${file.name}: the browser cannot show this picture.`);
  select("backdrop", "picture");
  editor.lay(picture);
  if (editor.scene.mode === "trimap") showMode("cutout");
}

// Saving

async function save(kind) {
  const file = await waiting("Saving", () => result(kind));
  if (!file) return;
  panel.download(file, `${title}.${kind}.png`);
  saved = true;
}

async function result(kind) {
  const { values, width, height } = editor.trimap;
  if (kind === "trimap") return greyPng(values, width, height);
  if (!computation.isCurrent(chosen("quality")) && !(await matte())) return null;
  try {
    return await draft.result(kind, chosen("bits"));
  } catch (problem) {
    // The server had forgotten the draft: it has been sent again, but alpha is not there.
    if (problem.status !== NO_ALPHA_YET) throw problem;
    return (await matte()) ? draft.result(kind, chosen("bits")) : null;
  }
}

// Controls

const { view } = editor;
const clicks = {
  "start-open": () => ask("photograph"),
  open: () => ask(),
  example: openExample,
  help: () => page.keys.showModal(),
  undo: () => editor.undo(),
  redo: () => editor.redo(),
  "zoom-in": () => view.zoomBy(1.5),
  "zoom-out": () => view.zoomBy(1 / 1.5),
  "zoom-actual": () => view.actualSize(),
  "zoom-fit": () => view.fit(),
  grow,
  clear,
  "open-trimap": () => ask("trimap"),
  "open-mask": () => ask("mask"),
  matte,
  cancel: () => computation.cancel(),
};
for (const [id, call] of Object.entries(clicks)) page[id].addEventListener("click", () => call());
for (const button of document.querySelectorAll(".save")) {
  button.addEventListener("click", () => save(button.dataset.kind));
}
for (const tab of page.tabs.children) {
  tab.addEventListener("click", () => panel.showTab(tab.dataset.tab));
}
whenChosen("tool", choose);
whenChosen("mode", showMode);
whenChosen("backdrop", lay);
page.size.addEventListener("input", () => editor.resize(panel.sizeOfSlider(editor.largest)));
page.share.addEventListener("input", () => divide(page.share.value / 100));
page.colour.addEventListener("input", () => {
  select("backdrop", "colour");
  lay("colour");
});

const whileOpen = (call) => () => draft && call();
const keys = {
  f: () => choose("foreground"),
  u: () => choose("unknown"),
  b: () => choose("background"),
  r: () => choose("box"),
  h: () => choose("move"),
  "[": () => editor.resizeBy(1 / 1.2),
  "]": () => editor.resizeBy(1.2),
  "+": clicks["zoom-in"],
  "=": clicks["zoom-in"],
  "-": clicks["zoom-out"],
  0: clicks["zoom-fit"],
  1: clicks["zoom-actual"],
  t: () => showMode("trimap"),
  a: () => showMode("alpha"),
  c: () => showMode("cutout"),
  s: () => showMode("compare"),
  "Ctrl+z": clicks.undo,
  "Ctrl+Shift+z": clicks.redo,
  "Ctrl+y": clicks.redo,
  Enter: matte,
  Escape: () => editor.cursor.cancel() || computation.cancel(),
};
listenForShortcuts(page.letters, {
  ...Object.fromEntries(Object.entries(keys).map(([key, call]) => [key, whileOpen(call)])),
  "Ctrl+o": () => ask(draft ? undefined : "photograph"),
  "?": clicks.help,
});
switchTheme(page.theme, page["theme-name"]);
panel.showTab("trimap");

addEventListener("beforeunload", (event) => saved || event.preventDefault());
addEventListener("pagehide", () => draft?.close());
