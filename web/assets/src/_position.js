// Where a crew is: sent when somebody of it presses the button, and every two minutes until the page is left.

const EVERY = 120_000;

export function begin() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-position]");
    if (button) share(button);
  });
}

function share(button) {
  const said = button.parentElement.querySelector("[role=status]");
  const refused = () => {
    said.textContent = button.dataset.refused;
    button.disabled = false;
  };
  button.disabled = true;
  const ask = () => {
    if (!button.isConnected) return clearInterval(timer);
    navigator.geolocation.getCurrentPosition(send, refused, { enableHighAccuracy: true, timeout: 10_000 });
  };
  const send = async ({ coords }) => {
    const body = new URLSearchParams({ lon: coords.longitude, lat: coords.latitude });
    const answer = await fetch(button.dataset.position, { method: "POST", body }).catch(() => null);
    if (answer?.ok) said.textContent = button.dataset.sent;
    else refused();
  };
  const timer = setInterval(ask, EVERY);
  if (navigator.geolocation) ask();
  else refused();
}
