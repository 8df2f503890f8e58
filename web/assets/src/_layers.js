// The city's own layers: outlines and names, no tiles and no fonts of anybody else.

const FONT = ["Noto Sans CJK SC"];
// A box of cells is asked for by whole steps, so that the next reader gets it from the cache.
const STEP = 0.02;
const CELLS_FROM = 15;

/** The style of the map. */
export function layers(source, language) {
  const name = language === "en" ? ["case", ["!=", ["get", "name_en"], ""], ["get", "name_en"], ["get", "name"]] : ["get", "name"];
  const outlines = Object.fromEntries(
    ["district", "street", "community"].map((kind) => [kind, { type: "geojson", data: new URL(source(kind), location.href).href }]),
  );
  return {
    version: 8,
    sources: { ...outlines, cell: { type: "geojson", data: { type: "FeatureCollection", features: [] } } },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": "#e8edf3" } },
      { id: "district-fill", type: "fill", source: "district", paint: { "fill-color": "#f8fafc" } },
      { id: "street-fill", type: "fill", source: "street", paint: { "fill-color": ["match", ["%", ["to-number", ["slice", ["get", "code"], -1]], 4], 0, "#eaf3fb", 1, "#eef6ee", 2, "#fbf5e9", "#f3effa"] } },
      { id: "cell-line", type: "line", source: "cell", minzoom: CELLS_FROM, paint: { "line-color": "#aebccb", "line-width": 0.7 } },
      { id: "community-line", type: "line", source: "community", minzoom: 12.5, paint: { "line-color": "#8fa3b8", "line-width": 1, "line-dasharray": [3, 2] } },
      { id: "street-line", type: "line", source: "street", minzoom: 10.5, paint: { "line-color": "#5f7d9c", "line-width": 1.3 } },
      { id: "district-line", type: "line", source: "district", paint: { "line-color": "#10243a", "line-width": 2 } },
      names("district", name, 0, 12, 15, "#10243a"),
      names("street", name, 12, 14.2, 13, "#33506e"),
      names("community", name, 14.2, 24, 12, "#4c5b6b"),
    ],
  };
}

function names(kind, name, minzoom, maxzoom, size, color) {
  return {
    id: `${kind}-name`,
    type: "symbol",
    source: kind,
    minzoom,
    maxzoom,
    layout: { "text-field": name, "text-size": size, "text-font": FONT, "text-max-width": 8 },
    paint: { "text-color": color, "text-halo-color": "#fff", "text-halo-width": 1.5 },
  };
}

/** Keeps the cells of what is in view on the map. */
export function cellsOf(map, address) {
  const known = new Map();
  const features = new Map();
  const load = async () => {
    if (map.getZoom() < CELLS_FROM) return;
    const wanted = boxes(map.getBounds()).filter((box) => !known.has(box));
    await Promise.all(
      wanted.map(async (box) => {
        known.set(box, true);
        const response = await fetch(`${address}${address.includes("?") ? "&" : "?"}box=${box}`);
        if (!response.ok) return known.delete(box);
        for (const one of (await response.json()).features) features.set(one.id, one);
      }),
    );
    if (wanted.length) map.getSource("cell")?.setData({ type: "FeatureCollection", features: [...features.values()] });
  };
  map.on("moveend", load);
  map.once("load", load);
}

function boxes(bounds) {
  const found = [];
  const low = (value) => Math.floor(value / STEP);
  for (let x = low(bounds.getWest()); x <= low(bounds.getEast()); x++) {
    for (let y = low(bounds.getSouth()); y <= low(bounds.getNorth()); y++) {
      found.push([x * STEP, y * STEP, (x + 1) * STEP, (y + 1) * STEP].map((value) => value.toFixed(2)).join(","));
    }
  }
  return found.slice(0, 12);
}
