// Filters that stand in the address: a choice shows its answer at once, and empty ones stay out of the address.
const form = document.querySelector("[data-filters]");

function show() {
  const asked = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
  location.assign(`${location.pathname}${asked.size ? `?${asked}` : ""}`);
}

form?.addEventListener("change", (event) => {
  if (event.target.matches("select")) show();
});
form?.addEventListener("submit", (event) => {
  event.preventDefault();
  show();
});
