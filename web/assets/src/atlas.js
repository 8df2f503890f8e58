// The map page: layers, live cases and what is responsible at a place. The editor of responsibility grids is loaded when it is wanted.

import * as maplibre from "maplibre-gl";
import { Protocol } from "pmtiles";
import "./_atlas.css";
import { filters, read, write } from "./_atlas_address.js";
import { panel as panelOf } from "./_atlas_panel.js";
import { coloured, layersOf, style } from "./_atlas_style.js";

const REFRESH_MS = 20_000;
const NEAR_PX = 8;
const NOTHING = { type: "FeatureCollection", features: [] };

const container = document.getElementById("atlas");
if (container) begin();

function begin() {
  const { dataset } = container;
  const form = document.getElementById("shown");
  const from = read(form);
  maplibre.setWorkerUrl(new URL(dataset.worker, location.href).href);
  maplibre.addProtocol("pmtiles", new Protocol().tile);
  const place = document.getElementById("map");
  const map = new maplibre.Map({
    container: place,
    style: style({ tiles: JSON.parse(dataset.tiles), cases: address(dataset.cases, form), language: dataset.language, base: dataset.base }),
    ...(from ?? { bounds: JSON.parse(dataset.bounds), fitBoundsOptions: { padding: 20 } }),
    locale: { "Map.Title": place.dataset.title },
    maxZoom: 20,
    minZoom: 6,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new maplibre.ScaleControl(), "bottom-left");
  const page = { map, form, container, panel: panelOf(container), marker: new maplibre.Marker({ color: "#10243a", scale: 0.8 }), editing: undefined };
  map.addControl(whereIAm(page), "top-right");
  page.loadGrids = () => loadGrids(page);
  map.once("load", () => {
    showLayers(page);
    page.loadGrids();
    loadCrews(page);
    container.classList.add("ready");
  });
  choosing(page);
  showing(page);
  searching(page);
  editorOf(page);
  const renew = () => {
    if (document.visibilityState !== "visible" || page.editing || !map.getSource("cases")) return;
    map.refreshTiles("cases");
    loadCrews(page);
    loadPrepared(page);
  };
  setInterval(renew, REFRESH_MS);
  document.addEventListener("visibilitychange", renew);
}

/** The address of the tiles of live cases with the filters of the page. */
function address(template, form) {
  const { query, none } = filters(form);
  // Nothing ticked shows nothing, as elsewhere; a light that no case has does.
  const wanted = none ? "due=nothing" : query;
  return new URL(template, location.href).href.replaceAll("%7B", "{").replaceAll("%7D", "}") + (wanted ? `?${wanted}` : "");
}

function showLayers({ map, form }) {
  for (const box of form.querySelectorAll("input[name=layer]")) {
    for (const id of layersOf(box.value)) if (map.getLayer(id)) map.setLayoutProperty(id, "visibility", box.checked ? "visible" : "none");
  }
}

/** Where the crews are; not asked for while they are not shown. */
async function loadCrews({ map, form, container, panel }) {
  if (!form.querySelector('input[name=layer][value="crew"]').checked) return;
  try {
    const response = await fetch(container.dataset.crews);
    if (response.ok) map.getSource("crew").setData(await response.json());
  } catch {
    panel.fail();
  }
}

/** Layers that were being prepared when the page was made: it is asked for again, and loaded anew once there are more of them. */
async function loadPrepared({ form, container, panel }) {
  if (!form.querySelector("input[name=layer]:disabled") || !document.getElementById("panel").hidden) return;
  try {
    const response = await fetch(location.pathname);
    const made = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("atlas");
    if (made && made.dataset.tiles !== container.dataset.tiles) location.reload();
  } catch {
    panel.fail();
  }
}

async function loadGrids({ map, form, container, panel }) {
  const profession = form.elements.namedItem("profession").value;
  const draw = document.getElementById("draw");
  if (draw) draw.hidden = !profession;
  if (!profession) return map.getSource("grid").setData(NOTHING);
  try {
    const response = await fetch(container.dataset.grids.replace("PROFESSION", encodeURIComponent(profession)));
    if (!response.ok) return panel.fail();
    map.getSource("grid").setData(coloured(await response.json()));
  } catch {
    panel.fail();
  }
}

/** What the ticks and lists of the page do, and the address that says so. */
function showing(page) {
  const { map, form, container } = page;
  const apply = () => {
    showLayers(page);
    map.getSource("cases")?.setTiles([address(container.dataset.cases, form)]);
  };
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", (event) => {
    apply();
    if (event.target.name === "profession") page.loadGrids();
    if (event.target.value === "crew") loadCrews(page);
    write(map, form, true);
  });
  map.on("moveend", () => write(map, form, false));
  addEventListener("popstate", () => {
    const to = read(form);
    apply();
    page.loadGrids();
    if (to) map.jumpTo(to);
  });
  const hollow = document.getElementById("hollow");
  map.on("idle", () => {
    hollow.hidden = page.editing !== undefined || map.queryRenderedFeatures({ layers: ["case", "count"] }).length > 0;
  });
}

/** What is at a place: by a click, or by Enter at the cross. */
function choosing(page) {
  const { map, panel, container, marker } = page;

  page.look = async (point, ids = []) => {
    marker.setLngLat(point).addTo(map);
    const query = new URLSearchParams({ lon: point.lng.toFixed(6), lat: point.lat.toFixed(6) });
    ids.forEach((id) => query.append("case", id));
    const answer = await panel.ask(`${container.dataset.place}?${query}`);
    if (answer) panel.show(answer.text);
  };

  async function at(point) {
    const pixel = map.project(point);
    const near = [[pixel.x - NEAR_PX, pixel.y - NEAR_PX], [pixel.x + NEAR_PX, pixel.y + NEAR_PX]];
    const [square] = map.queryRenderedFeatures(near, { layers: ["count"] });
    if (square) return map.easeTo({ center: square.geometry.coordinates, zoom: Math.min(map.getZoom() + 2, 17) });
    const ids = map.queryRenderedFeatures(near, { layers: ["case"] }).map((one) => one.properties.id);
    await page.look(point, [...new Set(ids)]);
  }

  map.on("click", (event) => !page.editing && at(event.lngLat));
  for (const layer of ["case", "count"]) {
    map.on("mouseenter", layer, () => (map.getCanvas().style.cursor = "pointer"));
    map.on("mouseleave", layer, () => (map.getCanvas().style.cursor = ""));
  }
  map.getContainer().addEventListener("keydown", async (event) => {
    if (event.key !== "Enter" || page.editing || event.target.closest("button")) return;
    event.preventDefault();
    await at(map.getCenter());
    panel.box.focus();
  });
  const close = () => {
    if (page.editing && !page.editing.leave()) return;
    marker.remove();
    panel.hide();
    map.getCanvas().focus();
  };
  document.getElementById("close").addEventListener("click", close);
  panel.box.addEventListener("keydown", (event) => event.key === "Escape" && !event.target.closest("input, select") && close());
}

function searching(page) {
  const { map, container, panel } = page;
  const find = document.getElementById("find");
  const found = document.getElementById("found");
  let waiting;
  let round = 0;

  async function ask() {
    const text = find.elements.namedItem("q").value.trim();
    const own = ++round;
    if (text.length < 2) return found.replaceChildren();
    try {
      const response = await fetch(`${container.dataset.search}?${new URLSearchParams({ q: text })}`);
      if (own === round && response.ok) found.innerHTML = await response.text();
    } catch {
      panel.fail();
    }
  }

  find.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 250);
  });
  find.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearTimeout(waiting);
    await ask();
    found.querySelector("button")?.focus();
  });
  found.addEventListener("click", (event) => {
    const hit = event.target.closest("button");
    if (!hit) return;
    const point = new maplibre.LngLat(Number(hit.dataset.lon), Number(hit.dataset.lat));
    map.easeTo({ center: point, zoom: Math.max(map.getZoom(), Number(hit.dataset.zoom)) });
    if (!page.editing) page.look(point, hit.dataset.case ? [hit.dataset.case] : []);
  });
}

/** Where the editor of responsibility grids begins: it is a bundle of its own, and loaded then. */
function editorOf(page) {
  const { container, form, panel } = page;
  if (!container.dataset.editor) return;
  const open = async (profession, code) => {
    if (page.editing) return;
    form.elements.namedItem("profession").value = profession;
    await page.loadGrids();
    const { edit } = await import(container.dataset.editor);
    await edit(page, profession, code);
  };
  document.getElementById("draw").addEventListener("click", () => open(form.elements.namedItem("profession").value, ""));
  panel.here.addEventListener("click", (event) => {
    const { profession, code } = event.target.closest("button[data-profession]")?.dataset ?? {};
    if (profession) open(profession, code);
  });
}

/** A button that asks the device where it is. */
function whereIAm(page) {
  const { map, container } = page;
  const title = map.getContainer().dataset.here;
  const button = Object.assign(document.createElement("button"), { type: "button", className: "where", title });
  button.setAttribute("aria-label", title);
  button.innerHTML = '<svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2"><circle cx="12" cy="12" r="6"/><path d="M12 2v4M12 18v4M2 12h4M18 12h4"/></svg>';
  const denied = () => {
    const trouble = document.getElementById("trouble");
    trouble.textContent = container.dataset.denied;
    trouble.hidden = false;
  };
  button.addEventListener("click", () => {
    if (!navigator.geolocation) return denied();
    const found = ({ coords }) => map.easeTo({ center: [coords.longitude, coords.latitude], zoom: Math.max(map.getZoom(), 16) });
    navigator.geolocation.getCurrentPosition(found, denied, { enableHighAccuracy: true, timeout: 10_000 });
  });
  const box = document.createElement("div");
  box.className = "maplibregl-ctrl maplibregl-ctrl-group";
  box.append(button);
  return { onAdd: () => box, onRemove: () => box.remove() };
}
