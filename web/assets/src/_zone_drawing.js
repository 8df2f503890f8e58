// Drawing a zone: corners are set by a click or a tap, moved by dragging or by arrow keys, and written into the field of the zone's form.

import { crosses, detour, middle, within } from "./_polygon.js";

const STEP = 0.005;
const LARGE_STEP = 0.03;
const MOST = 60;
const LEAST = 3;
// A finger that taps is not quite still.
const STILL_PX = 4;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const RECTANGLE = [[0.3, 0.4], [0.7, 0.4], [0.7, 0.8], [0.3, 0.8]];

export class Drawing {
  /** `tools` are the buttons below the scene, and the line that says what to do next. */
  constructor(scene, tools) {
    this.scene = scene;
    this.tools = tools;
    this.area = scene.querySelector("[data-corners]");
    this.shape = scene.querySelector("[data-drawn]");
    this.zone = null;
    this.chosen = null;
    this.area.addEventListener("pointerdown", (event) => this.press(event));
    this.area.addEventListener("keydown", (event) => this.key(event));
    this.area.addEventListener("focusin", (event) => this.choose(Number(event.target.dataset.number)));
    document.addEventListener("keydown", (event) => {
      const typing = event.target.matches("input:not([type=checkbox]), textarea, select");
      if (this.zone && !typing && (event.ctrlKey || event.metaKey) && event.key === "z") {
        event.preventDefault();
        this.undo();
      }
    });
    if (!tools) return;
    this.button = (name) => tools.querySelector(`[data-${name}]`);
    this.button("add").onclick = () => this.add();
    this.button("delete").onclick = () => this.remove(this.chosen);
    this.button("undo").onclick = () => this.undo();
    this.button("clear").onclick = () => this.change([]);
    this.button("on").onclick = () => this.zone?.querySelector("input:not([type=hidden]), select")?.focus();
  }

  /** Draws the outline of a zone's form from here on. */
  begin(zone) {
    const field = zone.querySelector("[data-outline]");
    if (this.zone) this.end(this.zone);
    for (const one of this.scene.querySelectorAll("[data-of]")) one.classList.toggle("edited", !!field && one.dataset.of === zone.dataset.zone);
    if (!field) return;
    this.zone = zone;
    this.field = field;
    this.before = [];
    this.chosen = null;
    this.scene.classList.add("drawing");
    this.tools.hidden = false;
    this.read();
    field.onchange = () => this.read();
  }

  end(zone) {
    if (zone !== this.zone) return;
    this.zone = null;
    this.tools.hidden = true;
    this.scene.classList.remove("drawing");
    for (const one of this.scene.querySelectorAll("[data-of]")) one.classList.remove("edited");
    this.shape.setAttribute("points", "");
    this.area.replaceChildren();
  }

  read() {
    const corners = this.field.value.trim().split(/\s+/).filter(Boolean).map((one) => one.split(",").map(Number));
    this.corners = corners.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
    this.show();
  }

  /** Takes other corners, and remembers those before. */
  change(corners, focus = null) {
    this.before.push(this.corners);
    this.corners = corners;
    this.write(focus);
  }

  undo() {
    if (!this.before.length) return;
    this.corners = this.before.pop();
    this.write();
  }

  write(focus = null) {
    this.field.value = this.corners.map((one) => one.map((value) => value.toFixed(4)).join(",")).join(" ");
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
    this.show(focus);
  }

  show(focus = null) {
    this.outline();
    const buttons = this.corners.map((_, number) => {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.number = number;
      button.setAttribute("aria-label", this.scene.dataset.corner.replace("{n}", number + 1));
      this.place(button);
      return button;
    });
    this.area.replaceChildren(...buttons);
    this.choose(focus);
    buttons[focus]?.focus();
    this.tell();
  }

  /** Says what to do next, and offers what can be done. */
  tell() {
    const count = this.corners.length;
    const line = this.button("line");
    const crossed = crosses(this.corners);
    const what = crossed ? "crossed" : count === 0 ? "none" : count < LEAST ? "few" : count < MOST ? "enough" : "most";
    line.textContent = line.dataset[what].replace("{n}", count).replace("{least}", LEAST);
    line.classList.toggle("wrong", crossed);
    const add = this.button("add");
    add.textContent = count < LEAST ? add.dataset.rectangle : add.dataset.corner;
    add.disabled = count >= MOST;
    this.button("undo").disabled = !this.before.length;
    this.button("clear").disabled = !count;
  }

  /** The corner that is deleted by the button. */
  choose(number) {
    this.chosen = Number.isInteger(number) ? number : null;
    this.button("delete").disabled = this.chosen === null;
    for (const one of this.area.children) one.classList.toggle("chosen", Number(one.dataset.number) === this.chosen);
  }

  outline() {
    this.shape.setAttribute("points", this.corners.map(([x, y]) => `${x * 1000},${y * 1000}`).join(" "));
  }

  place(button) {
    const [x, y] = this.corners[button.dataset.number];
    button.style.left = `${x * 100}%`;
    button.style.top = `${y * 100}%`;
  }

  press(event) {
    if (!this.zone || event.button !== 0) return;
    event.preventDefault();
    const button = event.target.closest("button");
    if (button) this.drag(button, event, false);
    else if (this.corners.length < MOST) {
      this.insert(this.at(event));
      // Whoever keeps the button or the finger down sees where the corner goes.
      this.drag(this.area.children[this.chosen], event, true);
    }
  }

  /** `fresh`: the corner was set by this very press, and one undoing takes both back. */
  drag(button, event, fresh) {
    const before = this.corners.map((one) => [...one]);
    const number = Number(button.dataset.number);
    let moved = false;
    button.focus();
    button.setPointerCapture(event.pointerId);
    button.onpointermove = (move) => {
      moved ||= Math.hypot(move.clientX - event.clientX, move.clientY - event.clientY) > STILL_PX;
      if (!moved) return;
      this.corners = this.corners.map((one, other) => (other === number ? this.at(move) : one));
      this.place(button);
      this.outline();
    };
    button.onpointerup = button.onpointercancel = () => {
      button.onpointermove = button.onpointerup = button.onpointercancel = null;
      if (!moved) return;
      if (!fresh) this.before.push(before);
      this.write(number);
    };
  }

  /** A new corner goes into the side that it is nearest to. */
  insert(point) {
    let place = this.corners.length;
    if (place > 2) {
      const lengths = this.corners.map((one, number) => detour(one, this.corners[(number + 1) % this.corners.length], point));
      place = lengths.indexOf(Math.min(...lengths)) + 1;
    }
    this.change([...this.corners.slice(0, place), point, ...this.corners.slice(place)], place);
  }

  /** Without a mouse: a rectangle to begin with, then a corner in the side behind the chosen one. */
  add() {
    if (this.corners.length < LEAST) return this.change(RECTANGLE, 0);
    if (this.corners.length >= MOST) return;
    const place = (this.chosen ?? this.corners.length - 1) + 1;
    const point = middle(this.corners[place - 1], this.corners[place % this.corners.length]);
    this.change([...this.corners.slice(0, place), point, ...this.corners.slice(place)], place);
  }

  remove(number) {
    if (number === null) return;
    const left = this.corners.filter((_, other) => other !== number);
    this.change(left, left.length ? Math.max(0, number - 1) : null);
  }

  key(event) {
    const button = event.target.closest("button");
    if (!button || !this.zone) return;
    const number = Number(button.dataset.number);
    const arrow = ARROWS[event.key];
    if (arrow) {
      const step = event.shiftKey ? LARGE_STEP : STEP;
      const moved = this.corners[number].map((value, axis) => within(value + arrow[axis] * step));
      this.change(this.corners.map((one, other) => (other === number ? moved : one)), number);
    } else if (event.key === "Delete" || event.key === "Backspace") this.remove(number);
    else if (event.key === "Enter" || event.key === "Insert") this.add();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  at(event) {
    const frame = this.area.getBoundingClientRect();
    return [within((event.clientX - frame.left) / frame.width), within((event.clientY - frame.top) / frame.height)];
  }
}
