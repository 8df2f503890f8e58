// The editor of responsibility grids: draws an outline, shows what it would change, and saves it as a new version.

import { drawing } from "./_atlas_drawing.js";
import { snapping } from "./_atlas_snapping.js";

const NOTHING = { type: "FeatureCollection", features: [] };
const NEIGHBOURS_FROM = 12;

/** Edits the grid of a profession with a code, or draws a new one. */
export async function edit(page, profession, code) {
  const { container, panel, marker } = page;
  const answer = await panel.ask(`${container.dataset.edit}?${new URLSearchParams({ profession, code })}`);
  if (!answer) return;
  marker.remove();
  panel.show(answer.text);
  if (answer.ok) await begin(page, code);
}

async function begin(page, code) {
  const { map, panel, container } = page;
  const form = document.getElementById("grid");
  const fields = form.elements;
  const on = new AbortController();
  const neighbours = await neighboursOf(page, code, on.signal);
  let touched = false;
  const draw = drawing(map, snapping(map, neighbours), () => {
    touched = true;
    stale();
    tools();
  });

  const button = (name) => form.querySelector(`[data-do="${name}"]`);
  function tools() {
    button("undo").disabled = !draw.canUndo();
    button("redo").disabled = !draw.canRedo();
    for (const mode of ["select", "polygon"]) button(mode).setAttribute("aria-pressed", String(draw.current() === mode));
  }

  /** What was shown of the changes is not true any more. */
  function stale() {
    map.getSource("preview").setData(NOTHING);
    document.querySelector("#outcome .preview")?.remove();
  }

  function end() {
    on.abort();
    draw.stop();
    page.editing = undefined;
    map.getSource("preview").setData(NOTHING);
    map.getSource("theirs").setData(NOTHING);
    map.setFilter("grid-fill", null);
    container.classList.remove("editing");
  }

  page.editing = {
    leave() {
      if (touched && !confirm(container.dataset.leave)) return false;
      end();
      return true;
    },
  };
  addEventListener("beforeunload", (event) => touched && event.preventDefault(), { signal: on.signal });

  async function load(address) {
    const response = await fetch(address);
    return response.ok ? response.json() : void panel.fail();
  }

  async function send(address) {
    const outline = draw.outline();
    fields.namedItem("outline").value = outline ? JSON.stringify(outline) : "";
    const answer = await panel.ask(address, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (!answer) return;
    document.getElementById("outcome").innerHTML = answer.text;
    return answer.ok;
  }

  const actions = {
    select: () => draw.mode("select"),
    polygon: () => draw.mode("polygon"),
    remove: () => draw.remove(),
    undo: () => draw.undo(),
    redo: () => draw.redo(),
    async preview() {
      if (!form.reportValidity() || !(await send(container.dataset.preview))) return;
      const shown = document.querySelector("#outcome [data-drawn]");
      map.getSource("preview").setData(JSON.parse(shown.dataset.drawn));
    },
    async save() {
      if (!form.reportValidity() || !(await send(container.dataset.save))) return;
      const said = document.getElementById("outcome").innerHTML;
      touched = false;
      end();
      panel.show(said);
      await page.loadGrids();
    },
    cancel() {
      if (page.editing.leave()) panel.hide();
    },
    async restore(from) {
      const old = await load(from.dataset.source);
      if (!old) return;
      draw.put(old.geometry, true);
      for (const name of ["name_zh", "name_en", "unit_code", "rank"]) fields.namedItem(name).value = old.properties[name];
      touched = true;
      stale();
      show(map, old.geometry);
    },
    async compare(from) {
      const theirs = await load(from.closest("[data-theirs]").dataset.theirs);
      if (theirs) map.getSource("theirs").setData(theirs);
    },
    insist(from) {
      fields.namedItem("version").value = from.closest("[data-overtaken]").dataset.overtaken;
      return actions.preview();
    },
  };
  panel.here.addEventListener(
    "click",
    async (event) => {
      const from = event.target.closest("[data-do]");
      if (!from) return;
      await actions[from.dataset.do](from);
      if (page.editing) tools();
    },
    { signal: on.signal },
  );
  document.addEventListener(
    "keydown",
    (event) => {
      const back = steps(event);
      // In a field of text the keys are the field's own.
      if (!back || event.target.closest?.("input, textarea, select, [contenteditable]")) return;
      event.preventDefault();
      draw[back]();
      tools();
    },
    { signal: on.signal },
  );
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    touched = true;
    stale();
  });

  map.setFilter("grid-fill", ["!=", ["get", "code"], code]);
  if (form.dataset.geojson) {
    const held = await load(form.dataset.geojson);
    if (held) {
      draw.put(held.geometry);
      show(map, held.geometry);
    }
  } else actions.polygon();
  touched = false;
  tools();
  container.classList.add("editing");
}

/** Which way a key goes among the steps of the drawing: Ctrl+Z (or ⌘Z) back, with Shift or as Ctrl+Y on again. */
function steps(event) {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return undefined;
  const key = event.key.toLowerCase();
  if (key === "z") return event.shiftKey ? "redo" : "undo";
  return key === "y" && !event.shiftKey ? "redo" : undefined;
}

function show(map, geometry) {
  const points = geometry.coordinates.flat(geometry.type === "Polygon" ? 1 : 2);
  const sides = (n) => points.map((point) => point[n]);
  const box = [Math.min(...sides(0)), Math.min(...sides(1)), Math.max(...sides(0)), Math.max(...sides(1))];
  map.fitBounds(box, { padding: 100, maxZoom: 16.3, animate: false });
}

/** What points catch on: the other grids of the profession, and the communities in view. */
async function neighboursOf({ map, container, panel }, code, signal) {
  const grids = (await map.getSource("grid").getData()).features.filter((one) => one.properties.code !== code);
  const communities = new Map();
  const load = async () => {
    if (map.getZoom() < NEIGHBOURS_FROM) return;
    try {
      const box = map.getBounds().toArray().flat().map((value) => value.toFixed(4));
      const response = await fetch(`${container.dataset.communities}?box=${box}`);
      if (response.ok) for (const one of (await response.json()).features) communities.set(one.id, one);
    } catch {
      panel.fail();
    }
  };
  await load();
  map.on("moveend", load);
  signal.addEventListener("abort", () => map.off("moveend", load));
  return () => [...grids, ...communities.values()];
}
