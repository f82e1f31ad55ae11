// A form that says what will come of it while somebody types: it is sent to be checked a moment after the last key, and
// the answer takes the place of the card beside it. Without script the button beside the main one does the same.
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
    const act = card.querySelector("[data-act]")?.dataset.act;
    const button = form.querySelector("[data-main]");
    if (act && button && button.textContent !== act) button.textContent = act;
  };
  const soon = () => { clearTimeout(timer); timer = setTimeout(check, 300); };
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
}
