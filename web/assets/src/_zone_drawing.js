// Drawing a zone: corners are set by clicks, moved by dragging or by arrow keys, and written into the field of the zone's form.

const STEP = 0.005;
const LARGE_STEP = 0.03;
const MOST = 60;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Drawing {
  constructor(scene) {
    this.scene = scene;
    this.area = scene.querySelector("[data-corners]");
    this.shape = scene.querySelector("[data-drawn]");
    this.zone = null;
    this.area.addEventListener("pointerdown", (event) => this.press(event));
    this.area.addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("keydown", (event) => {
      const typing = event.target.matches("input, textarea, select");
      if (this.zone && !typing && (event.ctrlKey || event.metaKey) && event.key === "z") {
        event.preventDefault();
        this.undo();
      }
    });
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
    this.read();
    field.onchange = () => this.read();
    zone.querySelector("[data-undo]").onclick = () => this.undo();
    zone.querySelector("[data-clear]").onclick = () => this.change([]);
    this.scene.classList.add("drawing");
  }

  end(zone) {
    if (zone !== this.zone) return;
    this.zone = null;
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
    this.show(focus);
  }

  show(focus = null) {
    this.outline();
    this.zone.querySelector("[data-undo]").disabled = !this.before.length;
    const buttons = this.corners.map((_, number) => {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.number = number;
      button.setAttribute("aria-label", this.scene.dataset.corner.replace("{n}", number + 1));
      this.place(button);
      return button;
    });
    this.area.replaceChildren(...buttons);
    buttons[focus]?.focus();
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
    if (button) this.drag(button, event);
    else if (this.corners.length < MOST) this.insert(this.at(event));
  }

  drag(button, event) {
    const before = this.corners.map((one) => [...one]);
    const number = Number(button.dataset.number);
    button.focus();
    button.setPointerCapture(event.pointerId);
    button.onpointermove = (move) => {
      this.corners[number] = this.at(move);
      this.place(button);
      this.outline();
    };
    button.onpointerup = button.onpointercancel = () => {
      button.onpointermove = button.onpointerup = button.onpointercancel = null;
      const after = this.corners;
      this.corners = before;
      if (after[number].some((value, axis) => value !== before[number][axis])) this.change(after, number);
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

  key(event) {
    const button = event.target.closest("button");
    if (!button || !this.zone) return;
    const number = Number(button.dataset.number);
    const arrow = ARROWS[event.key];
    if (arrow) {
      const step = event.shiftKey ? LARGE_STEP : STEP;
      const moved = this.corners[number].map((value, axis) => within(value + arrow[axis] * step));
      this.change(this.corners.map((one, other) => (other === number ? moved : one)), number);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      this.change(this.corners.filter((_, other) => other !== number), Math.max(0, number - 1));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  at(event) {
    const frame = this.area.getBoundingClientRect();
    return [within((event.clientX - frame.left) / frame.width), within((event.clientY - frame.top) / frame.height)];
  }
}

function within(value) {
  return Math.min(1, Math.max(0, value));
}

/** How much longer a side becomes with a point in it. */
function detour(one, other, point) {
  const far = (from, to) => Math.hypot(from[0] - to[0], from[1] - to[1]);
  return far(one, point) + far(point, other) - far(one, other);
}
