// What the map page draws, from what lies below to what lies above: the layers of the city, its responsibility grids and its cases.

const FONT = ["Noto Sans CJK SC"];
const NOTHING = { type: "FeatureCollection", features: [] };

export const LIGHTS = { overdue: "#c92a2a", soon: "#e8a100", later: "#2e8b4f", paused: "#7b8794", none: "#0171ac" };
const LIGHT = ["match", ["get", "light"], ...Object.entries(LIGHTS).flat(), "#0171ac"];
/** Light and dark sides of a unit's colour are told apart by its lines too. */
const UNITS = ["#8c510a", "#01665e", "#5e3c99", "#b2182b", "#2166ac", "#4d7c0f", "#c2410c", "#7e22ce", "#0e7490", "#a16207"];

/** `tiles`: name → {url}; `cases`: address of the live tiles. */
export function style({ tiles, cases, language, base }) {
  const name = language === "en" ? ["case", ["!=", ["get", "name_en"], ""], ["get", "name_en"], ["get", "name_zh"]] : ["get", "name_zh"];
  const sources = {
    grid: { type: "geojson", data: NOTHING, promoteId: "code" },
    preview: { type: "geojson", data: NOTHING },
    theirs: { type: "geojson", data: NOTHING },
    cases: { type: "vector", tiles: [cases], minzoom: 5, maxzoom: 16 },
    crew: { type: "geojson", data: NOTHING },
  };
  for (const [key, { url }] of Object.entries(tiles)) sources[key] = { type: "vector", url: `pmtiles://${new URL(url, location.href).href}` };
  if (base) sources.base = { type: "raster", tiles: [base], tileSize: 256, maxzoom: 18 };
  const layers = [
    { id: "ground", type: "background", paint: { "background-color": "#e8edf3" } },
    base && { id: "base", type: "raster", source: "base" },
    ...cityLayers(name, Boolean(base)),
    ...gridLayers(),
    ...pointLayers(name),
    ...nameLayers(name),
    ...previewLayers(),
    ...caseLayers(),
  ];
  return { version: 8, sources, layers: layers.filter((one) => one && (!one.source || one.source in sources)) };
}

function vector(id, type, source, rest) {
  return { id, type, source, "source-layer": source, ...rest };
}

function cityLayers(name, over) {
  const tint = ["match", ["%", ["to-number", ["slice", ["get", "code"], -1]], 4], 0, "#eaf3fb", 1, "#eef6ee", 2, "#fbf5e9", "#f3effa"];
  return [
    !over && vector("district-fill", "fill", "district", { paint: { "fill-color": "#f8fafc" } }),
    vector("street-fill", "fill", "street", { paint: { "fill-color": tint, "fill-opacity": over ? 0.2 : 1 } }),
    vector("zone-fill", "fill", "zone", { paint: { "fill-color": "#7c3aed", "fill-opacity": 0.08 } }),
    vector("cell-line", "line", "cell", { minzoom: 14, paint: { "line-color": "#aebccb", "line-width": 0.7 } }),
    vector("community-line", "line", "community", { minzoom: 12, paint: { "line-color": "#8fa3b8", "line-width": 1, "line-dasharray": [3, 2] } }),
    vector("street-line", "line", "street", { paint: { "line-color": "#5f7d9c", "line-width": 1.3 } }),
    vector("road-case", "line", "road", { paint: { "line-color": "#b9a48a", "line-width": ["interpolate", ["linear"], ["zoom"], 11, 0.5, 16, 5] } }),
    vector("road-line", "line", "road", { minzoom: 13, paint: { "line-color": "#fffaf0", "line-width": ["interpolate", ["linear"], ["zoom"], 13, 0.5, 16, 3.4] } }),
    vector("zone-line", "line", "zone", { paint: { "line-color": "#7c3aed", "line-width": 1.6, "line-dasharray": [5, 2, 1, 2] } }),
    vector("district-line", "line", "district", { paint: { "line-color": "#10243a", "line-width": 2 } }),
    vector("road-name", "symbol", "road", { minzoom: 14.5, layout: { "symbol-placement": "line", "text-field": name, "text-size": 11, "text-font": FONT }, paint: halo("#6b4f2a") }),
  ];
}

function gridLayers() {
  return [
    { id: "grid-fill", type: "fill", source: "grid", paint: { "fill-color": ["get", "colour"], "fill-opacity": 0.22 } },
    { id: "grid-line", type: "line", source: "grid", paint: { "line-color": ["get", "colour"], "line-width": 2 } },
    { id: "grid-name", type: "symbol", source: "grid", minzoom: 11, layout: { "text-field": ["concat", ["get", "code"], "\n", ["get", "unit"]], "text-size": 11, "text-font": FONT }, paint: halo("#33260f") },
  ];
}

function pointLayers(name) {
  const dot = (id, minzoom, color, radius) => vector(id, "circle", id, { minzoom, paint: { "circle-color": color, "circle-radius": radius, "circle-stroke-width": 0.7, "circle-stroke-color": "#fff" } });
  return [
    dot("component", 15, "#52708f", ["interpolate", ["linear"], ["zoom"], 15, 1.6, 18, 4]),
    dot("poi", 14, "#7a4a9c", 3),
    vector("poi-name", "symbol", "poi", { minzoom: 15.5, layout: { "text-field": name, "text-size": 11, "text-font": FONT, "text-offset": [0, 0.9], "text-anchor": "top" }, paint: halo("#5b3575") }),
  ];
}

function nameLayers(name) {
  const of = (kind, minzoom, maxzoom, size, color) => ({
    id: `${kind}-name`,
    type: "symbol",
    source: "name",
    "source-layer": "name",
    minzoom,
    maxzoom,
    filter: ["==", ["get", "kind"], kind],
    layout: { "text-field": name, "text-size": size, "text-font": FONT, "text-max-width": 8 },
    paint: halo(color),
  });
  return [of("community", 14.2, 24, 12, "#4c5b6b"), of("street", 11.5, 14.2, 13, "#33506e"), of("zone", 11, 14.2, 13, "#5b21b6"), of("district", 0, 12.5, 15, "#10243a")];
}

function previewLayers() {
  const only = (...what) => ["in", ["get", "what"], ["literal", what]];
  return [
    { id: "old", type: "line", source: "preview", filter: only("old"), paint: { "line-color": "#333", "line-width": 2, "line-dasharray": [2, 2] } },
    { id: "gap", type: "fill", source: "preview", filter: only("gap", "abandoned"), paint: { "fill-color": "#c92a2a", "fill-opacity": 0.55 } },
    { id: "theirs", type: "line", source: "theirs", paint: { "line-color": "#c2410c", "line-width": 3, "line-dasharray": [4, 2] } },
    { id: "moved", type: "circle", source: "preview", filter: only("case"), paint: { "circle-radius": 11, "circle-color": "rgba(0,0,0,0)", "circle-stroke-width": 3, "circle-stroke-color": "#111" } },
  ];
}

function caseLayers() {
  const sign = ["match", ["get", "light"], "overdue", "!", "soon", "·", "paused", "=", ""];
  return [
    { id: "count", type: "circle", source: "cases", "source-layer": "count", paint: { "circle-color": LIGHT, "circle-opacity": 0.92, "circle-radius": ["interpolate", ["linear"], ["get", "count"], 1, 11, 50, 17, 500, 24], "circle-stroke-width": 2, "circle-stroke-color": "#fff" } },
    { id: "count-number", type: "symbol", source: "cases", "source-layer": "count", layout: { "text-field": ["to-string", ["get", "count"]], "text-size": 12, "text-font": FONT, "text-allow-overlap": true, "text-ignore-placement": true }, paint: { "text-color": ["match", ["get", "light"], "soon", "#241a00", "#fff"] } },
    { id: "case", type: "circle", source: "cases", "source-layer": "case", paint: { "circle-color": LIGHT, "circle-radius": 8, "circle-stroke-width": 2, "circle-stroke-color": "#fff" } },
    { id: "case-sign", type: "symbol", source: "cases", "source-layer": "case", layout: { "text-field": sign, "text-size": 13, "text-font": FONT, "text-allow-overlap": true, "text-ignore-placement": true }, paint: { "text-color": ["match", ["get", "light"], "soon", "#241a00", "#fff"] } },
    { id: "crew", type: "circle", source: "crew", paint: { "circle-color": "#10243a", "circle-opacity": ["case", ["get", "known"], 1, 0.45], "circle-radius": 7, "circle-stroke-width": 3, "circle-stroke-color": "#7cc4ff" } },
    { id: "crew-name", type: "symbol", source: "crew", minzoom: 12, layout: { "text-field": ["concat", ["get", "name"], " · ", ["get", "in_hand"]], "text-size": 11, "text-font": FONT, "text-offset": [0, 1.1], "text-anchor": "top" }, paint: halo("#10243a") },
  ];
}

function halo(color) {
  return { "text-color": color, "text-halo-color": "#fff", "text-halo-width": 1.5 };
}

/** The layers that a tick of the page shows and hides. */
export function layersOf(name) {
  return { zone: ["zone-fill", "zone-line", "zone-name"], street: ["street-fill", "street-line", "street-name"], community: ["community-line", "community-name"], cell: ["cell-line"], road: ["road-case", "road-line", "road-name"], component: ["component"], poi: ["poi", "poi-name"], crew: ["crew", "crew-name"] }[name] ?? [];
}

/** Responsibility grids, each in the colour of its unit. */
export function coloured(collection) {
  const units = [...new Set(collection.features.map((one) => one.properties.unit_code))].sort();
  for (const one of collection.features) one.properties.colour = UNITS[units.indexOf(one.properties.unit_code) % UNITS.length];
  return collection;
}
