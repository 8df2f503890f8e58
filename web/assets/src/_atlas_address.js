// The address of the map page: where the map stands, what it shows and what is chosen, so that a link or the back button leads there.

/** What the address says; `defaults` where it says nothing. */
export function read(form) {
  const query = new URLSearchParams(location.search);
  const at = (query.get("at") ?? "").split(",").map(Number);
  if (query.has("layers")) tick(form, "layer", query.get("layers").split(","));
  if (query.has("due")) tick(form, "due", query.get("due").split(","));
  for (const name of ["stage", "category", "profession"]) {
    const field = form.elements.namedItem(name);
    const value = query.get(name) ?? "";
    field.value = [...field.options].some((one) => one.value === value) ? value : "";
  }
  const [zoom, lat, lon] = at;
  const known = at.length === 3 && zoom > 0 && zoom < 25 && Math.abs(lat) <= 85 && Math.abs(lon) <= 180;
  return known ? { zoom, center: [lon, lat] } : undefined;
}

function tick(form, name, values) {
  form.querySelectorAll(`input[name=${name}]:not(:disabled)`).forEach((one) => (one.checked = values.includes(one.value)));
}

/** Puts what the page shows into its address: as a new step back when `step` is true. */
export function write(map, form, step) {
  const query = new URLSearchParams();
  const { lng, lat } = map.getCenter();
  query.set("at", [map.getZoom().toFixed(2), lat.toFixed(5), lng.toFixed(5)].join(","));
  const boxes = (name) => [...form.querySelectorAll(`input[name=${name}]`)];
  const ticked = (name) => boxes(name).filter((one) => one.checked).map((one) => one.value);
  query.set("layers", ticked("layer").join(","));
  if (ticked("due").length < boxes("due").length) query.set("due", ticked("due").join(","));
  for (const name of ["stage", "category", "profession"]) {
    const { value } = form.elements.namedItem(name);
    if (value) query.set(name, value);
  }
  const address = `${location.pathname}?${query.toString().replaceAll("%2C", ",").replaceAll("%3A", ":")}`;
  if (address !== location.pathname + location.search) history[step ? "pushState" : "replaceState"](null, "", address);
}

/** The filters of the cases, as the tiles are asked for. */
export function filters(form) {
  const query = new URLSearchParams();
  const boxes = [...form.querySelectorAll("input[name=due]")];
  const ticked = boxes.filter((one) => one.checked);
  if (ticked.length < boxes.length) ticked.forEach((one) => query.append("due", one.value));
  for (const name of ["stage", "category"]) {
    const { value } = form.elements.namedItem(name);
    if (value) query.set(name, value);
  }
  return { query: query.toString(), none: ticked.length === 0 };
}
