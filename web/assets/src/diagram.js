// The diagram of a case with where it has been and where it is.

import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";
import "./_diagram.css";

// Below this the texts cannot be read.
const READABLE = 0.7;
const MARGIN = 20;

const place = document.getElementById("diagram");
if (place) begin(place);

function begin(container) {
  let viewer = null;
  const choices = [...container.parentElement.querySelectorAll("button[data-process]")];
  const turn = async (process) => {
    const text = await fetched(container.dataset.source, process);
    if (!text) return;
    viewer?.destroy();
    // The wheel scrolls the page; only with Ctrl it zooms.
    viewer = new NavigatedViewer({ container, zoomScroll: { enabled: false } });
    choices.forEach((one) => one.setAttribute("aria-pressed", String(one.dataset.process === process)));
    await show(viewer, container, process, text);
  };
  choices.forEach((one) => one.addEventListener("click", () => turn(one.dataset.process)));
  letZoom(container, () => viewer?.get("canvas"));
  new ResizeObserver(() => viewer?.get("canvas").resized()).observe(container);
  turn(container.dataset.process);
}

async function fetched(source, process) {
  const response = await fetch(`${source}?${new URLSearchParams({ process })}`);
  return response.ok ? response.text() : null;
}

async function show(viewer, container, process, text) {
  const { visited, current } = JSON.parse(container.dataset.position);
  await viewer.importXML(text);
  if (container.dataset.language === "en") nameInEnglish(viewer, JSON.parse(container.dataset.lanes));
  mark(viewer, visited, current[process], container.dataset.times);
  turnTo(viewer.get("canvas"), viewer.get("elementRegistry"), current[process]);
}

function mark(viewer, visited, current, times) {
  const [canvas, overlays, registry] = ["canvas", "overlays", "elementRegistry"].map((name) => viewer.get(name));
  for (const [id, count] of Object.entries(visited)) {
    const element = registry.get(id);
    if (!element) continue;
    canvas.addMarker(id, "visited");
    if (count > 1 && !element.waypoints) {
      const html = Object.assign(document.createElement("span"), { className: "count", textContent: times.replace("{n}", count) });
      overlays.add(id, { position: { top: -12, right: 14 }, html });
    }
  }
  current.filter((id) => registry.get(id)).forEach((id) => canvas.addMarker(id, "current"));
}

/** All of the diagram where it can be read or the case is over; else as much as can be read, the current step in the middle. */
function turnTo(canvas, registry, current) {
  canvas.zoom("fit-viewport", "auto");
  const element = current.map((id) => registry.get(id)).find(Boolean);
  if (canvas.zoom() >= READABLE || !element) return;
  const { inner, outer } = canvas.viewbox();
  const [width, height] = [outer.width / READABLE, outer.height / READABLE];
  const middle = { x: element.x + element.width / 2, y: element.y + element.height / 2 };
  const within = (wanted, from, length, room) => {
    const last = from + length + MARGIN - room;
    return last < from - MARGIN ? from - MARGIN : Math.max(from - MARGIN, Math.min(wanted - room / 2, last));
  };
  canvas.viewbox({ x: within(middle.x, inner.x, inner.width, width), y: within(middle.y, inner.y, inner.height, height), width, height });
}

function letZoom(container, canvasNow) {
  container.parentElement.addEventListener("click", (event) => {
    const by = event.target.closest("[data-zoom]")?.dataset.zoom;
    const canvas = canvasNow();
    if (!canvas) return;
    if (by === "fit") canvas.zoom("fit-viewport", "auto");
    else if (by) canvas.zoom(canvas.zoom() * Number(by));
  });
  container.addEventListener(
    "wheel",
    (event) => {
      const canvas = canvasNow();
      if (!event.ctrlKey || !canvas) return;
      event.preventDefault();
      const { left, top } = container.getBoundingClientRect();
      canvas.zoom(canvas.zoom() * (event.deltaY < 0 ? 1.1 : 0.9), { x: event.clientX - left, y: event.clientY - top });
    },
    { passive: false },
  );
}

/** Names in the diagram are in the designer's language: a step may hold an English one, a lane has the name of a role. */
function nameInEnglish(viewer, lanes) {
  const factory = viewer.get("graphicsFactory");
  const seen = new Set();
  viewer.get("elementRegistry").forEach((element, graphics) => {
    const object = element.businessObject;
    if (!seen.has(object)) {
      seen.add(object);
      const english = property(object, "name_en") ?? lanes[object.name];
      if (english && object.name) object.name = english;
    }
    if (element.labelTarget) widen(element);
    factory.update(element.waypoints ? "connection" : "shape", element, graphics);
  });
}

/** A label is as wide as its Chinese text: an English one needs more room to stay on a line or two. */
function widen(label) {
  const width = Math.max(label.width, 84);
  label.x -= (width - label.width) / 2;
  label.width = width;
}

function property(object, name) {
  for (const extension of object?.extensionElements?.values ?? []) {
    const found = (extension.$children ?? []).find((one) => one.name === name);
    if (found) return found.value;
  }
  return undefined;
}
