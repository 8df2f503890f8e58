// The page of a camera: what the rules see, renewed every few seconds, and zones drawn on the picture.

import { Drawing } from "./_zone_drawing.js";

const RENEW_MS = 3000;
const ASKED_MS = 10_000;

const scene = document.querySelector("[data-scene]");
const seen = document.querySelector("[data-seen]");
const standing = document.querySelector("[data-standing]");
const slots = scene.querySelector("[data-slots]");
let frame = null;
let unkept = false;

const drawing = new Drawing(scene, document.querySelector("[data-tools]"));
for (const zone of document.querySelectorAll("details[data-zone]")) {
  zone.addEventListener("toggle", (event) => {
    if (event.target !== zone) return;
    if (zone.open) {
      for (const other of document.querySelectorAll("details[data-zone][open]")) if (other !== zone) other.open = false;
      drawing.begin(zone);
      if (zone.querySelector("form") && !zone.querySelector("[data-focus]")) showScene();
    } else drawing.end(zone);
  });
  const type = zone.querySelector("select[name=type]");
  if (type) {
    type.addEventListener("change", () => fit(zone, type.value));
    fit(zone, type.value);
  }
  const form = zone.querySelector(".zone-form");
  form?.addEventListener("input", () => (unkept = true));
  form?.addEventListener("submit", () => (unkept = false));
  if (zone.open) drawing.begin(zone);
}
addEventListener("beforeunload", (event) => {
  if (unkept) event.preventDefault();
});
renew();

/** Brings the picture to the eyes of who is about to draw on it. */
function showScene() {
  const { top, bottom } = scene.getBoundingClientRect();
  if (top < 0 || bottom > innerHeight) scene.scrollIntoView({ block: "start" });
}

/** Offers the rules that are for zones of a type, the first of them chosen where none is; the others are not sent. */
function fit(zone, type) {
  const fitting = [];
  for (const label of zone.querySelectorAll("[data-types]")) {
    const fits = label.dataset.types.split(" ").includes(type);
    const box = label.querySelector("input");
    label.hidden = !fits;
    box.disabled = !fits;
    if (fits) fitting.push(box);
  }
  if (zone.dataset.zone === "" && fitting.length && !fitting.some((box) => box.checked)) fitting[0].checked = true;
}

/** Asks what is seen now, and again later; not while nobody looks at the page. */
async function renew() {
  if (!document.hidden) {
    try {
      const asked = { method: "POST", headers: { Accept: "application/json" }, signal: AbortSignal.timeout(ASKED_MS) };
      const answer = await fetch(scene.dataset.live, asked);
      if (!answer.ok) throw new Error(String(answer.status));
      show(await answer.json());
    } catch {
      seen.textContent = seen.dataset.stale;
    }
  }
  setTimeout(renew, RENEW_MS);
}

function show(view) {
  const parts = [];
  if (view.seen) parts.push(seen.dataset.ago.replace("{time}", view.seen));
  if (view.learning) parts.push(seen.dataset.learning.replace("{n}", view.learning));
  seen.textContent = [...parts, ...view.alarms].join(" · ");
  slots.replaceChildren(...view.slots.map(box));
  const lines = view.slots.map((slot) => line(slot.text));
  standing.replaceChildren(...(lines.length ? lines : [line(standing.dataset.none)]));
  if (view.frame && view.frame !== frame) {
    // The old picture stays until the new one is there.
    const picture = scene.querySelector("img");
    const next = new Image();
    next.onload = () => {
      picture.src = next.src;
      picture.hidden = false;
      scene.querySelector(".empty")?.remove();
    };
    next.src = `${scene.dataset.still}?${Date.now()}`;
    frame = view.frame;
  }
}

function box(slot) {
  const [left, top, right, bottom] = slot.box;
  const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  const values = { x: left, y: top, width: right - left, height: bottom - top };
  for (const [name, value] of Object.entries(values)) rect.setAttribute(name, value * 1000);
  if (slot.alarmed) rect.classList.add("alarmed");
  if (slot.hidden) rect.classList.add("hidden-now");
  return rect;
}

function line(text) {
  const item = document.createElement("li");
  item.textContent = text;
  return item;
}
