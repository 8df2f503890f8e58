// The diagram of a case with where it has been and where it is.

import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";
import "./_diagram.css";

const place = document.getElementById("diagram");
if (place) show(place);

async function show(container) {
  const { visited, current } = JSON.parse(container.dataset.position);
  const response = await fetch(container.dataset.source);
  if (!response.ok) return;
  const viewer = new NavigatedViewer({ container });
  await viewer.importXML(await response.text());
  const canvas = viewer.get("canvas");
  const overlays = viewer.get("overlays");
  const registry = viewer.get("elementRegistry");
  if (container.dataset.language === "en") nameInEnglish(viewer);

  for (const [id, count] of Object.entries(visited)) {
    const element = registry.get(id);
    if (!element) continue;
    canvas.addMarker(id, "visited");
    if (count > 1 && !element.waypoints) {
      const html = Object.assign(document.createElement("span"), { className: "count", textContent: container.dataset.times.replace("{n}", count) });
      overlays.add(id, { position: { top: -12, right: 14 }, html });
    }
  }
  current.filter((id) => registry.get(id)).forEach((id) => canvas.addMarker(id, "current"));
  fit(canvas, registry, current);
  new ResizeObserver(() => canvas.resized()).observe(container);
}

/** The whole diagram where it can be read; else as large as can be read, the current step in the middle. */
function fit(canvas, registry, current) {
  canvas.zoom("fit-viewport", "auto");
  const element = current.map((id) => registry.get(id)).find(Boolean);
  if (canvas.zoom() >= 0.45 || !element) return;
  const scale = 0.6;
  canvas.zoom(scale);
  const { width, height } = canvas.getContainer().getBoundingClientRect();
  canvas.viewbox({
    x: element.x + element.width / 2 - width / scale / 2,
    y: element.y + element.height / 2 - height / scale / 2,
    width: width / scale,
    height: height / scale,
  });
}

/** Names in the diagram are in the designer's language; its properties may hold an English one. */
function nameInEnglish(viewer) {
  const renderer = viewer.get("graphicsFactory");
  viewer.get("elementRegistry").forEach((element, graphics) => {
    const object = (element.labelTarget ?? element).businessObject;
    const english = property(object, "name_en");
    if (!english || !object.name) return;
    object.name = english;
    renderer.update(element.waypoints ? "connection" : "shape", element, graphics);
  });
}

function property(object, name) {
  for (const extension of object?.extensionElements?.values ?? []) {
    const found = (extension.$children ?? []).find((one) => one.name === name);
    if (found) return found.value;
  }
  return undefined;
}
