// Chosen photographs are shown before they are sent, can be added in several goes, and taken out again.

export function begin() {
  document.querySelectorAll("[data-photos]").forEach(showPhotos);
  document.querySelectorAll(".gallery a").forEach((link) => link.addEventListener("click", enlarge));
}

function showPhotos(part) {
  const input = part.querySelector("input[type=file]");
  const shown = part.querySelector(".previews");
  const held = new DataTransfer();
  const room = () => Number(part.dataset.most) - part.querySelectorAll("input[name=kept]:checked").length;
  const bytes = () => [...held.files].reduce((sum, file) => sum + file.size, 0);

  input.addEventListener("change", () => {
    let refused = false;
    for (const file of input.files) {
      if ([...held.files].some((one) => isSame(one, file))) continue;
      // Sent all the same, the whole form would be refused and what was written in it lost.
      if (held.files.length >= room() || bytes() + file.size > Number(part.dataset.bytes)) refused = true;
      else held.items.add(file);
    }
    show();
    if (refused) shown.append(Object.assign(document.createElement("p"), { className: "wrong", role: "alert", textContent: part.dataset.tooMuch }));
  });

  function show() {
    input.files = held.files;
    shown.querySelectorAll("img").forEach((image) => URL.revokeObjectURL(image.src));
    shown.replaceChildren(...[...held.files].map((file, index) => figure(file, index)));
  }

  function figure(file, index) {
    const made = document.createElement("figure");
    const image = Object.assign(document.createElement("img"), { src: URL.createObjectURL(file), alt: file.name });
    const remove = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
    remove.setAttribute("aria-label", `× ${file.name}`);
    remove.addEventListener("click", () => {
      held.items.remove(index);
      show();
    });
    made.append(image, remove);
    return made;
  }
}

function isSame(one, other) {
  return one.name === other.name && one.size === other.size && one.lastModified === other.lastModified;
}

function enlarge(event) {
  const box = document.getElementById("lightbox");
  if (!box || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const links = [...document.querySelectorAll(".gallery a")];
  let at = links.indexOf(event.currentTarget);
  const show = () => {
    const image = box.querySelector("img");
    image.src = links[at].href;
    image.alt = links[at].querySelector("img").alt;
  };
  box.onclick = (click) => click.target === box && box.close();
  box.onkeydown = ({ key }) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key] ?? 0;
    at = (at + step + links.length) % links.length;
    if (step) show();
  };
  show();
  box.showModal();
}
