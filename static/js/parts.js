// Parts of a page that change while it is looked at: they are fetched anew when the server says that something changed, and
// now and then. What somebody types, presses or selects in is left alone.
const places = [...document.querySelectorAll("[data-part]")];
const busy = (place) => {
  const at = document.activeElement;
  const typed = [...place.querySelectorAll("input:not([type=radio]), textarea")].some((field) => field.value !== field.defaultValue);
  return typed || place.querySelector(":popover-open") || (place.contains(at) && at.matches("input, textarea, select, button, summary"));
};
const look = async () => {
  for (const place of places) {
    if (document.hidden || place.dataset.part === "" || busy(place)) continue;
    const answer = await fetch(place.dataset.part, { redirect: "error" }).catch(() => null);
    if (!answer?.ok) continue;
    const html = await answer.text();
    if (busy(place) || html === place.dataset.seen) continue;
    place.dataset.seen = html;
    const logs = [...place.querySelectorAll(".log")].map((log) => [log.scrollTop, log.scrollHeight - log.clientHeight - log.scrollTop < 24]);
    const link = place.contains(document.activeElement) && document.activeElement.closest("a")?.getAttribute("href");
    const open = new Set([...place.querySelectorAll("details[open] > summary")].map((summary) => summary.textContent));
    place.innerHTML = html;
    for (const summary of place.querySelectorAll("details > summary")) if (open.has(summary.textContent)) summary.parentElement.open = true;
    // whoever goes by the keyboard stays where they are
    if (link) [...place.querySelectorAll("a")].find((a) => a.getAttribute("href") === link)?.focus({ preventScroll: true });
    // the log follows only where its end was looked at
    [...place.querySelectorAll(".log")].forEach((log, n) => { log.scrollTop = logs[n]?.[1] === false ? logs[n][0] : log.scrollHeight; });
    if (place.querySelector("[data-over]")) place.dataset.part = "";
  }
};
if (places.length > 0) {
  for (const log of document.querySelectorAll("[data-part] .log")) log.scrollTop = log.scrollHeight;
  let timer = 0;
  document.addEventListener("portolan:news", () => { clearTimeout(timer); timer = setTimeout(look, 100); });
  document.addEventListener("visibilitychange", look);
  setInterval(look, 5000);
}
