// Chinese is written by composing: what is not yet chosen is no input, and a search for it would break the choosing.

export function begin() {
  document.addEventListener("input", (event) => event.isComposing && event.stopImmediatePropagation(), true);
  document.addEventListener("compositionend", ({ target }) => target.dispatchEvent(new Event("input", { bubbles: true })), true);
}
