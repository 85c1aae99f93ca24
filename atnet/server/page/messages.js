/** What is told: errors that can be dismissed, and what a screen reader says. */

const messages = document.getElementById("messages");
const status = document.getElementById("status");

/** Shows an error until it is dismissed, or the next attempt succeeds. */
export function complain(text) {
  clearComplaints();
  const message = document.createElement("p");
  const words = document.createElement("span");
  words.textContent = text;
  const dismiss = document.createElement("button");
  dismiss.type = "button";
  dismiss.className = "plain";
  dismiss.textContent = "Dismiss";
  dismiss.addEventListener("click", clearComplaints);
  message.append(words, dismiss);
  messages.replaceChildren(message);
}

export function clearComplaints() {
  messages.replaceChildren();
}

/** Says something to those who do not see the picture. */
export function announce(text) {
  status.textContent = text;
}

let waiting;

/** Says what changes quickly, such as a place, once it rests. */
export function announceSoon(text) {
  clearTimeout(waiting);
  waiting = setTimeout(() => announce(text), 400);
}
