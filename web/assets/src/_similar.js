// The cases that a report may be about, asked for anew whenever its category or its place is chosen.

export function begin(form) {
  const box = document.getElementById("similar");
  if (!box) return;
  let asking;

  async function ask() {
    asking?.abort();
    asking = new AbortController();
    const given = ["category", "lon", "lat"].map((name) => [name, form.elements.namedItem(name).value]);
    if (given.some(([, value]) => !value)) {
      box.innerHTML = "";
      return;
    }
    try {
      const address = new URL(box.dataset.source, location.href);
      given.forEach(([name, value]) => address.searchParams.set(name, value));
      const response = await fetch(address, { signal: asking.signal });
      if (response.ok) box.innerHTML = await response.text();
    } catch (error) {
      // A later choice asks anew; without an answer the server asks when the report is sent.
      if (error.name !== "AbortError") console.warn(error.message);
    }
  }

  form.addEventListener("placed", ask);
  form.elements.namedItem("category").addEventListener("change", ask);
}
