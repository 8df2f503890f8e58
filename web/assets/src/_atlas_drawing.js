// Drawing one outline of several parts, each a polygon of terra-draw's. Holes stay as they are: they are kept beside their part.

import { TerraDraw, TerraDrawPolygonMode, TerraDrawSelectMode } from "terra-draw";
import { TerraDrawMapLibreGLAdapter } from "terra-draw-maplibre-gl-adapter";

const INK = "#c2185b";
const DIGITS = 7;
/** How near a click is to a point in order to mean it, in pixels: narrower than the corner of a block is wide. */
const NEAR_PX = 14;

/** Begins to draw on a map; `snap` is asked where a point is to lie, `changed` is called when something changed. */
export function drawing(map, snap, changed) {
  const holes = new Map();
  const snapping = { toCoordinate: true, toLine: true, toCustom: snap };
  const coordinates = { midpoints: { draggable: true }, draggable: true, deletable: true, snappable: snapping };
  const styles = { fillColor: INK, fillOpacity: 0.18, outlineColor: INK, outlineWidth: 3 };
  const draw = new TerraDraw({
    adapter: new TerraDrawMapLibreGLAdapter({ map, coordinatePrecision: 9 }),
    modes: [
      new TerraDrawPolygonMode({ pointerDistance: NEAR_PX, snapping, styles, showCoordinatePoints: true }),
      new TerraDrawSelectMode({ pointerDistance: NEAR_PX, flags: { polygon: { feature: { draggable: false, coordinates } } }, styles: { selectedPolygonColor: INK, selectedPolygonFillOpacity: 0.18, selectedPolygonOutlineColor: INK, selectedPolygonOutlineWidth: 3, selectionPointColor: "#fff", selectionPointOutlineColor: INK, selectionPointOutlineWidth: 3, midPointColor: INK, midPointOutlineColor: "#fff" } }),
    ],
  });
  draw.start();
  draw.setMode("select");
  const parts = () => draw.getSnapshot().filter((one) => one.geometry.type === "Polygon" && one.properties.mode === "polygon" && !one.properties.currentlyDrawing);
  let selected;
  draw.on("finish", (id, context) => {
    // Its mode is still at work on the part: only then can another one begin.
    if (context.action === "draw") {
      setTimeout(() => {
        draw.setMode("select");
        draw.selectFeature((selected = id));
        step();
      });
    } else step();
  });
  draw.on("select", (id) => (selected = id));
  draw.on("deselect", () => (selected = undefined));

  // Each outline that there was, in the order in which they were drawn, and which of them is shown.
  let steps = [undefined];
  let shown = 0;
  function step() {
    steps = [...steps.slice(0, shown + 1), outline()];
    shown = steps.length - 1;
    changed();
  }
  function go(to) {
    if (to < 0 || to >= steps.length) return;
    shown = to;
    put(steps[to]);
    changed();
  }

  /** Puts an outline in the place of what is drawn. */
  function put(geometry) {
    draw.clear();
    holes.clear();
    selected = undefined;
    const polygons = !geometry ? [] : geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
    const features = polygons.map(([outer]) => ({ type: "Feature", id: draw.getFeatureId(), properties: { mode: "polygon" }, geometry: { type: "Polygon", coordinates: [rounded(outer)] } }));
    const refused = draw.addFeatures(features).filter((one) => !one.valid);
    features.forEach((one, n) => holes.set(one.id, polygons[n].slice(1)));
    if (features.length && !refused.length) draw.selectFeature((selected = features[0].id));
    return refused.length === 0;
  }

  /** What is drawn, as GeoJSON; nothing if that is nothing. */
  function outline() {
    const polygons = parts().map((one) => [rounded(one.geometry.coordinates[0]), ...(holes.get(one.id) ?? [])]);
    if (!polygons.length) return undefined;
    return polygons.length === 1 ? { type: "Polygon", coordinates: polygons[0] } : { type: "MultiPolygon", coordinates: polygons };
  }

  return {
    /** Begins with an outline, or takes one up as a further step. */
    put(geometry, further = false) {
      const taken = put(geometry);
      if (further) step();
      else [steps, shown] = [[outline()], 0];
      return taken;
    },
    outline,
    mode: (name) => draw.setMode(name),
    current: () => draw.getMode(),
    remove: () => selected !== undefined && draw.hasFeature(selected) && (draw.removeFeatures([selected]), step()),
    undo: () => go(shown - 1),
    redo: () => go(shown + 1),
    canUndo: () => shown > 0,
    canRedo: () => shown < steps.length - 1,
    stop: () => draw.stop(),
  };
}

function rounded(ring) {
  return ring.map((point) => point.map((value) => Number(value.toFixed(DIGITS))));
}
