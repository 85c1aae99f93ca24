/** Light or dark: as the system, or as chosen. */

const CHOICES = ["system", "light", "dark"];
const NAMES = { system: "as the system", light: "light", dark: "dark" };
const KEY = "atnet-theme";

/** Lets a button go through the choices; the last one is remembered. */
export function switchTheme(button, name) {
  let choice = CHOICES.includes(localStorage[KEY]) ? localStorage[KEY] : "system";
  const show = () => {
    document.documentElement.dataset.theme = choice;
    name.textContent = `Colours: ${NAMES[choice]}`;
    button.title = name.textContent;
  };
  button.addEventListener("click", () => {
    choice = CHOICES[(CHOICES.indexOf(choice) + 1) % CHOICES.length];
    localStorage[KEY] = choice;
    show();
  });
  show();
}
