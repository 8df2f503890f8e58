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

  input.addEventListener("change", () => {
    for (const file of input.files) {
      const known = [...held.files].some((one) => one.name === file.name && one.size === file.size && one.lastModified === file.lastModified);
      if (!known && held.files.length < room()) held.items.add(file);
    }
    show();
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
