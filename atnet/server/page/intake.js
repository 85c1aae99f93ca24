/** How pictures come in: chosen, dropped or pasted. */

/**
 * Listens for pictures, and asks what one is for where that is not clear.
 *
 * @param page The elements file, drop, use, use-name.
 * @param isOpen Tells whether there is a photograph already.
 * @param take Called with a File and its use: "photograph", "trimap", "mask" or "picture".
 * @returns ask(use): lets a file be chosen; without a use, as if it had been dropped.
 */
export function takePictures(page, isOpen, take) {
  let use;

  const receive = async (file, wanted) => {
    if (!file) return;
    const what = wanted ?? (isOpen() ? await asked(page, file) : "photograph");
    if (what) take(file, what);
  };

  page.file.addEventListener("change", () => {
    const [file] = page.file.files;
    page.file.value = ""; // so that the same file can be chosen again
    receive(file, use);
  });
  document.addEventListener("paste", ({ clipboardData }) => receive(pictureIn(clipboardData)));
  listenForDrops(page.drop, receive);

  return (wanted) => {
    use = wanted;
    page.file.click();
  };
}

function listenForDrops(shade, receive) {
  let depth = 0; // elements that are dragged over, each inside of the one before
  const show = (change) => {
    depth += change;
    shade.hidden = depth <= 0;
  };
  const withFiles = (call) => (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    call(event);
  };
  document.addEventListener("dragenter", withFiles(() => show(1)));
  document.addEventListener("dragleave", withFiles(() => show(-1)));
  document.addEventListener("dragover", withFiles(() => {}));
  document.addEventListener(
    "drop",
    withFiles(({ dataTransfer }) => {
      show(-depth);
      receive(dataTransfer.files[0]);
    }),
  );
}

function pictureIn(data) {
  return [...data.files].find((file) => file.type.startsWith("image/"));
}

function asked(page, file) {
  page["use-name"].textContent = file.name;
  page.use.returnValue = "";
  page.use.showModal();
  return new Promise((resolve) => {
    page.use.addEventListener("close", () => resolve(page.use.returnValue), { once: true });
  });
}
