// The page of a camera: what the rules see, renewed every few seconds, and zones drawn on the picture.

import { Drawing } from "./_zone_drawing.js";

const RENEW_MS = 3000;

const scene = document.querySelector("[data-scene]");
const seen = document.querySelector("[data-seen]");
const standing = document.querySelector("[data-standing]");
const slots = scene.querySelector("[data-slots]");
let at = null;

const drawing = new Drawing(scene);
for (const zone of document.querySelectorAll("details[data-zone]")) {
  zone.addEventListener("toggle", () => {
    if (zone.open) {
      for (const other of document.querySelectorAll("details[data-zone][open]")) if (other !== zone) other.open = false;
      drawing.begin(zone);
    } else drawing.end(zone);
  });
  const type = zone.querySelector("select[name=type]");
  if (type) {
    type.addEventListener("change", () => fit(zone, type.value));
    fit(zone, type.value);
  }
  if (zone.open) drawing.begin(zone);
}
renew();

/** Offers the rules that are for zones of a type; the others are not sent. */
function fit(zone, type) {
  for (const label of zone.querySelectorAll("[data-types]")) {
    const fits = label.dataset.types.split(" ").includes(type);
    label.hidden = !fits;
    label.querySelector("input").disabled = !fits;
  }
}

/** Asks what is seen now, and again later; not while nobody looks at the page. */
async function renew() {
  if (!document.hidden) {
    try {
      const answer = await fetch(scene.dataset.live, { method: "POST", headers: { Accept: "application/json" } });
      if (answer.ok) show(await answer.json());
    } catch {
      // The server is away for a moment; the next time will tell.
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
  const picture = scene.querySelector("img");
  if (picture && view.at) {
    // The old picture stays until the new one is there.
    const next = new Image();
    next.onload = () => (picture.src = next.src);
    next.src = `${scene.dataset.still}?${Date.now()}`;
  } else if (!picture && view.at && at === null) location.reload();
  at = view.at;
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
