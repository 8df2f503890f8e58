// Lists of work: moving in them, chosen lines, and a list that renews itself while somebody looks at it.

const EVERY_MS = 20_000;

export function begin(htmx) {
  document.addEventListener("change", (event) => onChange(event.target));
  document.addEventListener("htmx:after:swap", showChosen);
  document.addEventListener("htmx:config:request", leaveOutEmpty);
  if (document.querySelector("[data-refresh]")) renew(htmx);
  document.querySelector(".tabs [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
  showChosen();
}

const rows = () => [...document.querySelectorAll("[data-row]")];

const at = () => rows().findIndex((row) => row.classList.contains("at"));

/** What the keys do in a list. */
export const moves = {
  j: () => moveTo(at() + 1),
  k: () => moveTo(at() - 1),
  x: () => press(rows()[at()]?.querySelector("input[type=checkbox]:not(:disabled)")),
  "/": () => focus(document.getElementById("search")),
  Enter: (event) => event.target === document.body && press(rows()[at()]?.querySelector("a[href]")),
};

function press(one) {
  one?.click();
  return one !== undefined && one !== null;
}

function focus(one) {
  one?.focus();
  return one !== null;
}

function moveTo(index) {
  const all = rows();
  if (all.length === 0) return false;
  const next = Math.max(0, Math.min(index, all.length - 1));
  all.forEach((row, place) => row.classList.toggle("at", place === next));
  all[next].scrollIntoView({ block: "nearest" });
  if (document.activeElement?.closest(".list")) document.activeElement.blur();
  return true;
}

function onChange(target) {
  if (target.matches("[data-all]")) {
    const boxes = document.querySelectorAll("[data-choosing] input[name=item]:not(:disabled)");
    boxes.forEach((box) => (box.checked = target.checked));
  }
  if (target.closest("[data-choosing]")) showChosen();
}

function showChosen() {
  const count = document.querySelectorAll("[data-choosing] input[name=item]:checked").length;
  const told = document.querySelector("[data-chosen]");
  if (told) told.textContent = told.dataset.chosen.replace("{n}", count);
  document.querySelector(".bulk")?.classList.toggle("on", count > 0);
}

/** An address names only what is filtered. */
function leaveOutEmpty(event) {
  const { request } = event.detail.ctx;
  if (request.method !== "GET" || !request.body?.entries) return;
  for (const [name, value] of [...request.body.entries()]) if (value === "") request.body.delete(name);
}

/** Asks for the list again, by the tag of the one that is shown: an unchanged one costs a line. */
function renew(htmx) {
  let tag = "";
  document.addEventListener("htmx:after:request", (event) => {
    const { response } = event.detail.ctx;
    if (event.detail.ctx.source !== "renew") tag = "";
    tag = response?.headers?.get("ETag") ?? tag;
  });
  setInterval(() => {
    const list = document.querySelector("[data-refresh]");
    const busy = document.hidden || document.querySelector("[data-choosing] :checked, dialog[open]") || document.activeElement?.closest(".filters");
    if (!list || busy) return;
    const place = at();
    htmx
      .ajax("GET", list.dataset.refresh, { target: "#inbox", select: "#inbox", swap: "outerHTML", headers: tag ? { "If-None-Match": tag } : {} })
      .then(() => place >= 0 && moveTo(place));
  }, EVERY_MS);
}
