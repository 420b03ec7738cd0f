// Finds colleagues while one types. Without this, the same form asks by its button. The form names the address
// that gives the found people alone.

const form = document.querySelector("[data-colleagues]");
const input = form.querySelector("input[type=search]");
let latest = 0;

async function find() {
  const turn = ++latest;
  await new Promise((done) => setTimeout(done, 200));
  if (turn !== latest) return;
  const address = new URL(form.dataset.colleagues, form.action);
  address.search = new URLSearchParams(new FormData(form));
  const answer = await fetch(address, { cache: "no-store" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = page.querySelector("#found");
  if (turn === latest && found) document.querySelector("#found").replaceWith(found);
}

input.addEventListener("input", find);
