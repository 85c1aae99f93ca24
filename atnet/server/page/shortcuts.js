/** Keys that work wherever the focus is, but not while something is typed. */

const WRITES = "input:not([type=radio], [type=checkbox], [type=range]), select, textarea";
const PRESSED_BY_ENTER = "button, a, summary";

/**
 * Listens.
 *
 * @param letters The checkbox that turns single keys off, for those who speak to their computer.
 * @param does By key: with "Ctrl+" and "Shift+" before it, or the key alone.
 */
export function listenForShortcuts(letters, does) {
  document.addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]") || event.defaultPrevented) return;
    if (event.target.closest(WRITES) || event.altKey) return;
    if (event.key === "Enter" && event.target.closest(PRESSED_BY_ENTER)) return;
    const controlled = event.ctrlKey || event.metaKey;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const name = controlled ? `Ctrl+${event.shiftKey ? "Shift+" : ""}${key}` : key;
    const single = !controlled && event.key.length === 1;
    if (!does[name] || (single && !letters.checked)) return;
    event.preventDefault();
    does[name]();
  });
}
