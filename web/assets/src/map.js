// The map of a form with a place: pick it by click, by the keys, by where the device is, by degrees, or by a suggested address.

import * as maplibre from "maplibre-gl";
import "./_map.css";
import { cellsOf, layers } from "./_layers.js";
import { begin as suggestSimilar } from "./_similar.js";

const CLOSE = 14;

const place = document.getElementById("map");
if (place) begin(place);

function begin(container) {
  maplibre.setWorkerUrl(new URL(container.dataset.worker, location.href).href);
  const source = (kind) => container.dataset.layers.replace("KIND", kind);
  const map = new maplibre.Map({
    container,
    style: layers(source, container.dataset.language),
    bounds: [108.85, 34.21, 109.03, 34.31],
    locale: { "Map.Title": container.dataset.title },
    maxZoom: 19,
    minZoom: 7,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    cooperativeGestures: false,
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new maplibre.ScaleControl(), "bottom-left");
  const marker = new maplibre.Marker({ color: "#c92a2a", draggable: true });
  const form = container.closest("form");
  const lon = form.elements.namedItem("lon");
  const lat = form.elements.namedItem("lat");
  const said = document.getElementById("place");

  suggestSimilar(form);

  async function choose(point, { fly = false, keep = false, written = false } = {}) {
    // What somebody typed stays as they typed it.
    if (!written) [lon.value, lat.value] = [point.lng.toFixed(6), point.lat.toFixed(6)];
    marker.setLngLat(point).addTo(map);
    if (fly) map.easeTo({ center: point, zoom: Math.max(map.getZoom(), 15) });
    if (!keep) form.querySelectorAll("input[name=community_code]").forEach((one) => (one.checked = false));
    form.dispatchEvent(new CustomEvent("placed"));
    const response = await fetch(`${said.dataset.source}?${new URLSearchParams({ lon: lon.value, lat: lat.value })}`);
    if (response.ok) said.innerHTML = await response.text();
  }

  // From far away a click is a hundred metres wide: the map comes close, so that the place can be mended.
  map.on("click", (event) => choose(event.lngLat, { fly: map.getZoom() < CLOSE }));
  marker.on("dragend", () => choose(marker.getLngLat()));
  container.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.closest("button")) return;
    event.preventDefault();
    choose(map.getCenter());
  });
  for (const field of [lon, lat]) {
    field.addEventListener("change", () => {
      const typed = typedPoint(lon.value, lat.value);
      if (typed) choose(typed, { fly: true, written: true });
    });
  }
  document.getElementById("suggestions")?.addEventListener("click", (event) => {
    const one = event.target.closest("[data-lon]");
    if (!one) return;
    const point = new maplibre.LngLat(Number(one.dataset.lon), Number(one.dataset.lat));
    if (one.matches("input")) choose(point, { fly: true, keep: true });
    else map.easeTo({ center: point, zoom: one.dataset.kind === "district" ? 12.5 : 14.5 });
  });
  map.addControl(whereIAm(container, (point) => choose(point, { fly: true })), "top-right");
  cellsOf(map, source("cell"));
  const before = typedPoint(lon.value, lat.value);
  if (before) map.once("load", () => choose(before, { fly: true, keep: true, written: true }));
}

function typedPoint(lon, lat) {
  const [x, y] = [Number.parseFloat(lon), Number.parseFloat(lat)];
  return Math.abs(x) <= 180 && Math.abs(y) <= 90 ? new maplibre.LngLat(x, y) : undefined;
}

/** A button that asks the device where it is. */
function whereIAm(container, choose) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "where", title: container.dataset.here });
  button.setAttribute("aria-label", container.dataset.here);
  button.innerHTML = '<svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2"><circle cx="12" cy="12" r="6"/><path d="M12 2v4M12 18v4M2 12h4M18 12h4"/></svg>';
  button.addEventListener("click", () => {
    const denied = () => (document.getElementById("place").textContent = container.dataset.denied);
    if (!navigator.geolocation) denied();
    else {
      const found = ({ coords }) => choose(new maplibre.LngLat(coords.longitude, coords.latitude));
      navigator.geolocation.getCurrentPosition(found, denied, { enableHighAccuracy: true, timeout: 10_000 });
    }
  });
  return {
    onAdd() {
      const box = document.createElement("div");
      box.className = "maplibregl-ctrl maplibregl-ctrl-group";
      box.append(button);
      this.box = box;
      return box;
    },
    onRemove() {
      this.box.remove();
    },
  };
}
