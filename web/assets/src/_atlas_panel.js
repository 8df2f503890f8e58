// The panel beside the map: pieces of the page that the server makes, and what became of asking for them.

/** A panel in `container`, the element of the map page. */
export function panel(container) {
  const box = document.getElementById("panel");
  const here = document.getElementById("here");
  const trouble = document.getElementById("trouble");
  let asked;

  function fail() {
    trouble.textContent = container.dataset.failed;
    trouble.hidden = false;
  }

  /** Asks the server; gives {ok, status, text}, or nothing if there was no answer or a later question came. */
  async function ask(address, options = {}) {
    asked?.abort();
    const own = (asked = new AbortController());
    try {
      const response = await fetch(address, { ...options, signal: own.signal });
      const text = await response.text();
      trouble.hidden = true;
      const told = response.ok || (response.headers.get("Content-Type") ?? "").startsWith("text/html");
      if (!told || response.status >= 500 || response.redirected) return void fail();
      return { ok: response.ok, status: response.status, text };
    } catch (error) {
      if (error.name !== "AbortError") fail();
    }
  }

  function show(html) {
    here.innerHTML = html;
    box.hidden = false;
    container.classList.add("with-panel");
  }

  function hide() {
    asked?.abort();
    box.hidden = true;
    here.replaceChildren();
    container.classList.remove("with-panel");
  }

  return { box, here, ask, show, hide, fail };
}
