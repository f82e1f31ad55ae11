// A form that says what will come of it while somebody types: it is sent to be checked a moment after the last key, and
// the answer takes the place of the card beside it. Without script the button beside the main one does the same.
// What is stopped is not asked for: the main button has it checked again, and the one beside it steps back.
const become = (form, said) => {
  const button = form.querySelector("[data-main]");
  if (!said || !button) return;
  if (button.textContent !== said.act) button.textContent = said.act;
  button.value = said.does;
  button.classList.toggle("btn--danger", said.look === "btn--danger");
  button.classList.toggle("btn--main", said.look === "btn--main");
  button.formNoValidate = said.does === "check";
  const again = form.querySelector("[data-again]");
  if (again) again.hidden = said.does === "check";
};
for (const form of document.querySelectorAll("form[data-check]")) {
  const card = document.getElementById(form.dataset.into);
  let timer = 0;
  let asked;
  const check = async () => {
    asked?.abort();
    asked = new AbortController();
    card?.setAttribute("aria-busy", "true");
    const body = new URLSearchParams(new FormData(form));
    const answer = await fetch(form.dataset.check, { method: "POST", body, signal: asked.signal, redirect: "error" }).catch(() => null);
    if (!answer) return; // a newer one is on its way, or nothing answers
    card?.removeAttribute("aria-busy");
    if (!answer.ok || !card) return;
    const open = [...card.querySelectorAll("details")].map((one) => one.open);
    card.innerHTML = await answer.text();
    [...card.querySelectorAll("details")].forEach((one, n) => { one.open = open[n] ?? false; });
    become(form, card.querySelector("[data-act]")?.dataset);
  };
  const soon = () => { clearTimeout(timer); timer = setTimeout(check, 300); };
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
}
