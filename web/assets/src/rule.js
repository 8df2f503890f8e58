// The form of a rule: its condition is checked while it is written, and its parts are put in by a click.

const WAIT_MS = 250;

const form = document.querySelector(".rule-form");
const field = form.querySelector("[name=expression]");
const checked = form.querySelector("[data-checked]");
let waiting = 0;
let asked = 0;

for (const button of form.querySelectorAll("[data-insert]")) button.addEventListener("click", () => insert(button.dataset.insert));
for (const name of ["input", "change"]) {
  form.addEventListener(name, (event) => {
    if (!["expression", "classes", "others"].includes(event.target.name)) return;
    clearTimeout(waiting);
    waiting = setTimeout(check, WAIT_MS);
  });
}
if (!form.querySelector("fieldset").disabled && field.value.trim()) check();

/** Puts a text where the cursor stands, as if it were typed: the browser's own undo takes it back. */
function insert(text) {
  field.focus();
  const before = field.value.slice(0, field.selectionStart);
  const glue = before && !/[\s(]$/.test(before) && !/^\s/.test(text) ? " " : "";
  if (!document.execCommand("insertText", false, glue + text)) {
    field.setRangeText(glue + text, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/** Asks whether the condition can be read; an answer that was overtaken by a later question is left aside. */
async function check() {
  const number = (asked += 1);
  if (!field.value.trim()) {
    checked.replaceChildren();
    field.removeAttribute("aria-invalid");
    return;
  }
  try {
    const answer = await fetch(form.dataset.check, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (answer.ok && number === asked) show(await answer.json());
  } catch {
    // The server is away for a moment: what is sent is checked again anyway.
  }
}

function show(found) {
  const lines = [line(found.ok ? "right" : "wrong", found.text)];
  if (found.place) lines.push(marked(found.place));
  lines.push(...found.hints.map((text) => line("", text)));
  checked.replaceChildren(...lines);
  if (found.ok) field.removeAttribute("aria-invalid");
  else field.setAttribute("aria-invalid", "true");
}

/** The condition with the part that is wrong marked; places are counted in characters, as people do. */
function marked([begin, end]) {
  const characters = [...field.value];
  const part = document.createElement("mark");
  part.textContent = characters.slice(begin, end).join("") || "…";
  const code = document.createElement("code");
  code.append(characters.slice(0, begin).join(""), part, characters.slice(end).join(""));
  return code;
}

function line(name, text) {
  const made = document.createElement("small");
  if (name) made.className = name;
  made.textContent = text;
  return made;
}
