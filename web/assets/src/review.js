// The review of sightings: the next ones are there before they are asked for; an answer is held back a moment, so that it can be undone.

const HELD_MS = 6000;
const AHEAD = 2;
const FRAME_MS = 700;
const LOOK_AGAIN_MS = 5000;

const root = document.getElementById("review");
const stage = root.querySelector("[data-stage]");
const none = root.querySelector("[data-none]");
const told = root.querySelector("[data-told]");
const reason = root.querySelector("[data-reason]");
const answers = root.querySelector("[data-answers]");
const undo = root.querySelector("[data-undo]");

const queue = [];
let shown = null;
let held = null;
let fetching = false;
let film = 0;

root.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.decision) decide(button.dataset.decision);
  else if (button === undo) takeBack();
  else if (button.dataset.show) look(button.dataset.show);
  else if ("toggle" in button.dataset) look(visible() === "before" ? last() : "before");
  else if ("play" in button.dataset) play(button);
});
addEventListener("pagehide", leave);
fill();

/** Holds an answer to what is shown, and shows the next. */
function decide(decision) {
  if (!shown) return;
  flush();
  held = { article: shown, decision, reason: reason.value, timer: setTimeout(flush, HELD_MS) };
  reason.value = "";
  told.textContent = told.dataset[decision];
  show(queue.shift() ?? null);
  fill();
}

/** The last answer was a mistake, and was not sent yet. */
function takeBack() {
  if (!held) return;
  clearTimeout(held.timer);
  if (shown) queue.unshift(shown);
  show(held.article);
  reason.value = held.reason;
  held = null;
  offer();
  told.textContent = told.dataset.undone;
}

/** Sends the answer that is held. */
function flush(leaving = false) {
  if (!held) return;
  const one = held;
  clearTimeout(one.timer);
  held = null;
  offer();
  send(one, leaving);
}

async function send(one, leaving) {
  const { version, send: address, submission } = one.article.dataset;
  const body = new URLSearchParams({ decision: one.decision, reason: one.reason, version, key: submission });
  try {
    const answer = await fetch(address, { method: "POST", body, keepalive: leaving, headers: { Accept: "application/json" } });
    count(answer);
    // Somebody else was first, or the process went on another way: nothing is left to answer.
    if (answer.status >= 500) throw new Error(String(answer.status));
  } catch {
    told.textContent = told.dataset.away;
    setTimeout(() => send(one, false), HELD_MS);
  }
}

/** Takes further sightings until enough are there. */
async function fill() {
  if (fetching) return;
  fetching = true;
  try {
    while (queue.length < AHEAD) {
      const body = new URLSearchParams(before().map((item) => ["besides", item]));
      const answer = await fetch(root.dataset.take, { method: "POST", body });
      count(answer);
      if (answer.status !== 200) break;
      const article = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("article");
      if (!article || before().includes(article.dataset.item)) break;
      if (shown) queue.push(document.adoptNode(article));
      else show(document.adoptNode(article));
      for (const image of article.querySelectorAll("img")) new Image().src = image.src;
    }
  } catch {
    told.textContent = told.dataset.away;
  } finally {
    fetching = false;
    none.hidden = shown !== null;
    if (!shown) setTimeout(fill, LOOK_AGAIN_MS);
  }
}

/** The work items that are before the reader, or on their way. */
function before() {
  return [shown, held?.article, ...queue].filter(Boolean).map((one) => one.dataset.item);
}

function show(article) {
  clearInterval(film);
  film = 0;
  stage.replaceChildren(...(article ? [article] : []));
  shown = article;
  none.hidden = article !== null;
  offer();
}

/** Offers what can be done now: answers to what is shown, the undoing of what is held. */
function offer() {
  answers.hidden = shown === null && held === null;
  for (const one of answers.querySelectorAll("[data-decision], label")) one.hidden = shown === null;
  undo.disabled = held === null;
}

function pictures() {
  return [...(shown?.querySelectorAll("[data-still]") ?? [])];
}

function visible() {
  return pictures().find((one) => !one.hidden)?.dataset.still;
}

function last() {
  return pictures().at(-1)?.dataset.still;
}

function look(role) {
  for (const one of pictures()) one.hidden = one.dataset.still !== role;
  for (const button of shown.querySelectorAll("[data-show]")) button.setAttribute("aria-pressed", String(button.dataset.show === role));
}

function play(button) {
  clearInterval(film);
  const playing = button.getAttribute("aria-pressed") === "true";
  button.setAttribute("aria-pressed", String(!playing));
  if (playing) return;
  film = setInterval(() => {
    const all = pictures().map((one) => one.dataset.still);
    look(all[(all.indexOf(visible()) + 1) % all.length]);
  }, FRAME_MS);
}

function count(answer) {
  for (const one of document.querySelectorAll("[data-count]")) {
    const value = answer.headers.get(`X-${one.dataset.count}`);
    if (value !== null) one.textContent = value;
  }
}

/** What was answered goes out, what was not goes back to the others. */
function leave() {
  flush(true);
  const mine = [shown, ...queue].filter(Boolean).map((one) => ["item", one.dataset.item]);
  if (mine.length > 0) navigator.sendBeacon(root.dataset.release, new URLSearchParams(mine));
}
