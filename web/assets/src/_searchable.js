// A long list to choose from becomes a field that finds by any part of a name; the list itself stays and is sent.

const MOST = 60;

export function begin() {
  document.querySelectorAll("select[data-searchable]").forEach(makeSearchable);
}

function makeSearchable(select) {
  const options = [...select.querySelectorAll("option")].filter((one) => one.value);
  const box = document.createElement("div");
  box.className = "combo";
  const field = document.createElement("input");
  const list = document.createElement("ul");
  Object.assign(field, { type: "text", autocomplete: "off", id: `${select.id}-find`, required: select.required, placeholder: select.dataset.find });
  list.id = `${select.id}-list`;
  list.setAttribute("role", "listbox");
  list.hidden = true;
  const described = ["aria-invalid", "aria-describedby"].filter((name) => select.hasAttribute(name));
  described.forEach((name) => field.setAttribute(name, select.getAttribute(name)));
  for (const [name, value] of Object.entries({ role: "combobox", "aria-expanded": "false", "aria-controls": list.id, "aria-autocomplete": "list" })) {
    field.setAttribute(name, value);
  }
  document.querySelector(`label[for="${CSS.escape(select.id)}"]`)?.setAttribute("for", field.id);
  document.querySelectorAll(`a[href="#${CSS.escape(select.id)}"]`).forEach((link) => (link.href = `#${field.id}`));
  select.required = false;
  select.hidden = true;
  select.style.display = "none";
  select.after(box);
  box.append(field, list);
  let lit = -1;

  const chosen = () => options.find((one) => one.selected && one.value);
  const settle = () => {
    field.value = chosen()?.textContent ?? "";
    field.setCustomValidity("");
    close();
  };
  const close = () => {
    list.hidden = true;
    lit = -1;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  };
  const items = () => [...list.querySelectorAll("[role=option]")];
  const light = (index) => {
    const all = items();
    lit = all.length ? (index + all.length) % all.length : -1;
    all.forEach((one, place) => one.setAttribute("aria-selected", String(place === lit)));
    if (lit < 0) return;
    field.setAttribute("aria-activedescendant", all[lit].id);
    all[lit].scrollIntoView({ block: "nearest" });
  };
  const take = (value) => {
    select.value = value;
    select.dispatchEvent(new Event("change", { bubbles: true }));
    settle();
  };
  const open = (text) => {
    const words = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const named = (one) => `${one.parentElement.label ?? ""} ${one.textContent}`.toLowerCase();
    const exact = options.filter((one) => words.every((word) => named(one).includes(word)));
    const found = exact.length ? exact : options.filter((one) => words.every((word) => isShort(word, one.textContent.toLowerCase())));
    list.replaceChildren(...lines(found.slice(0, words.length ? MOST : options.length), list.id));
    if (found.length === 0) list.append(Object.assign(document.createElement("li"), { className: "group", textContent: select.dataset.none }));
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
    light(words.length ? likeliest(found, text.trim().toLowerCase()) : Math.max(0, found.indexOf(chosen())));
  };

  field.addEventListener("input", () => open(field.value));
  field.addEventListener("focus", () => field.select());
  field.addEventListener("click", () => open(""));
  field.addEventListener("blur", () => (field.value.trim() === "" && chosen() ? take("") : settle()));
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) open("");
      else light(lit + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter") {
      // Choosing must not send the form by the same key pressed twice.
      event.preventDefault();
      const one = list.hidden ? undefined : items()[lit];
      if (one) take(one.dataset.value);
    } else if (event.key === "Escape") {
      settle();
    }
  });
  // The field would lose the focus before the click arrived.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const one = event.target.closest("[role=option]");
    if (one) take(one.dataset.value);
  });
  settle();
}

/** Whether the characters of a word come in this order in a name, as 环卫 for 环境卫生. */
function isShort(word, name) {
  let at = -1;
  return [...word].every((character) => (at = name.indexOf(character, at + 1)) >= 0);
}

/** A name that is what was typed goes before one that begins with it, and that before the first of all. */
function likeliest(options, typed) {
  const named = (test) => options.findIndex((one) => test(one.textContent.toLowerCase()));
  const exact = named((name) => name === typed);
  return exact >= 0 ? exact : Math.max(0, named((name) => name.startsWith(typed)));
}

function lines(options, prefix) {
  const made = [];
  let group = "";
  options.forEach((option, index) => {
    const title = option.parentElement.label ?? "";
    if (title !== group) {
      made.push(Object.assign(document.createElement("li"), { className: "group", textContent: title, role: "presentation" }));
      group = title;
    }
    const line = Object.assign(document.createElement("li"), { id: `${prefix}-${index}`, textContent: option.textContent, role: "option" });
    line.dataset.value = option.value;
    line.setAttribute("aria-selected", "false");
    made.push(line);
  });
  return made;
}
