// Single keys that work where nobody is typing. The list is on /help/keyboard.
const places = { h: "/", c: "/catalog", o: "/oncall", t: "/teams", f: "/findings", d: "/changes", s: "/support", p: "/provision" };
let went = 0;
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
  if (event.key === "g") { went = Date.now(); return; }
  if (event.key === "?") { location.href = "/help/keyboard"; return; }
  if (Date.now() - went < 1500 && places[event.key]) location.href = places[event.key];
  went = 0;
});
