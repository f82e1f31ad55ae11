// A field that names a person: while somebody types, the same search as the palette's fills the list of choices. Without
// script the list is what the server put there, and a name or an e-mail address does as well as a handle.
for (const box of document.querySelectorAll("input[data-people]")) {
  const list = document.getElementById(box.getAttribute("list"));
  let asked = 0;
  let timer = 0;
  const ask = async () => {
    const q = box.value.trim();
    const mine = ++asked;
    if (!list || q.length < 2) return;
    const answer = await fetch(`/search/people?q=${encodeURIComponent(q)}`, { redirect: "error" }).catch(() => null);
    if (mine === asked && answer?.ok) list.innerHTML = await answer.text();
  };
  box.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 90); });
}
