// Keys: whatever a key does is on the page, marked with that key. Lists add how one moves in them.

// A key that was meant for the page before must not decide on this one.
const SETTLED_MS = 500;
const WRITING = "input:not([type=checkbox], [type=radio], [type=file]), select, textarea, [contenteditable], [role=application], .map";

/** `moves`: key → what it does on this page; it says false where that is nothing. */
export function begin(moves) {
  setTimeout(() => document.documentElement.classList.add("settled"), SETTLED_MS);
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest(WRITING)) inField(event);
    else if (!event.ctrlKey && !event.metaKey) outOfFields(event, moves);
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-help]")) help();
  });
}

function inField(event) {
  if (event.key === "Escape") event.target.blur();
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  event.target.form?.querySelector("[data-again]")?.click();
}

function outOfFields(event, moves) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const move = { "?": help, f: fillIn, ...moves }[key];
  if ((move && move(event) !== false) || press(key, event.repeat)) event.preventDefault();
}

function help() {
  document.getElementById("help")?.showModal();
}

/** Presses what is marked with a key; what stands later on the page goes before what frames it. */
function press(key, held) {
  const marked = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].filter((one) => one.getClientRects().length > 0);
  const one = marked.at(-1);
  if (!one) return false;
  if (one.hasAttribute("data-decides") && (held || !document.documentElement.classList.contains("settled"))) return true;
  one.click();
  if (one.matches("summary")) one.parentElement.querySelector("select, input:not([type=hidden])")?.focus();
  return true;
}

/** Goes into the first field of the task that is empty, else into the first of all. */
function fillIn() {
  const fields = [...document.querySelectorAll(".task .fill :is(input:not([type=hidden], [type=file], [type=checkbox]), select, textarea)")];
  const shown = fields.filter((one) => one.getClientRects().length > 0);
  const one = shown.find((field) => field.value === "") ?? shown[0];
  one?.focus();
  return one !== undefined;
}
