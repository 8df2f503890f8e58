// After a refusal the reader is taken to the one field to mend, or, if there are several, to the list of them.

export function begin() {
  const summary = document.querySelector("[data-focus]");
  if (!summary) return;
  const wrong = [...document.querySelectorAll("main [aria-invalid=true]")].filter((one) => one.getClientRects().length > 0);
  (wrong.length === 1 ? wrong[0] : summary).focus();
}
