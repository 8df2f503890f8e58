// The filing conditions in a form follow the category that is chosen beside them.

export function begin() {
  document.querySelectorAll("select[data-conditions]").forEach((category) => {
    const conditions = category.form.querySelector("[name='f.condition_no'], [name='condition_no']");
    if (!conditions) return;
    category.addEventListener("change", async () => {
      const response = await fetch(`${category.dataset.conditions}?${new URLSearchParams({ category: category.value })}`);
      if (response.ok) conditions.innerHTML = await response.text();
    });
  });
}
