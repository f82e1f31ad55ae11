// What a person with a screen reader, a keyboard, weak eyes or a small phone would stumble over on this page.
// Runs in the page through webdriver; returns a list of sentences, empty when all is well.
const problems = [];
const seen = new Set();
const say = (text, element) => {
  const where = element ? ` at ${path(element)}` : "";
  if (!seen.has(text + where)) { seen.add(text + where); problems.push(text + where); }
};
const path = (element) => {
  const step = (e) => e.localName + (e.id ? `#${e.id}` : "") + (typeof e.className === "string" && e.className ? "." + e.className.trim().split(/\s+/).join(".") : "");
  const text = (element.textContent || "").trim().replace(/\s+/g, " ").slice(0, 30);
  return `${element.parentElement ? step(element.parentElement) + " > " : ""}${step(element)}${text ? ` "${text}"` : ""}`;
};
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const shown = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && [...element.getClientRects()].some((r) => r.width > 0 && r.height > 0);
const byIds = (ids) => ids.split(/\s+/).map((id) => document.getElementById(id)).filter(Boolean).map((e) => e.textContent).join(" ");
const spoken = (node) => {
  if (node.nodeType === Node.TEXT_NODE) return node.data;
  if (node.nodeType !== Node.ELEMENT_NODE || node.getAttribute("aria-hidden") === "true" || node.hidden) return "";
  if (node.hasAttribute("aria-label")) return node.getAttribute("aria-label");
  if (node.localName === "img") return node.alt;
  return [...node.childNodes].map(spoken).join(" ");
};
const nameOf = (element) => {
  const labelled = element.getAttribute("aria-labelledby");
  const parts = [labelled ? byIds(labelled) : "", element.getAttribute("aria-label") || "", ...[...(element.labels || [])].map(spoken)];
  if (["a", "button", "summary"].includes(element.localName) || element.getAttribute("role") === "img") parts.push(spoken(element));
  if (element.localName === "input" && ["submit", "button", "reset"].includes(element.type)) parts.push(element.value);
  if (element.localName === "svg") parts.push(element.querySelector("title")?.textContent || "");
  return parts.join(" ").trim();
};

// --- the document
if (!document.documentElement.lang) say("the page does not say its language");
if (!document.title.trim()) say("the page has no title");
const ids = all("[id]").map((e) => e.id);
for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) say(`the id "${id}" is there twice`);
for (const attribute of ["aria-labelledby", "aria-describedby", "aria-controls", "for", "list", "popovertarget"]) {
  for (const element of all(`[${attribute}]`)) {
    for (const id of element.getAttribute(attribute).split(/\s+/).filter(Boolean)) {
      if (!document.getElementById(id)) say(`${attribute} points at "${id}", which is not there`, element);
    }
  }
}
for (const element of all("[style], style, script:not([src]):not([type='application/json'])")) say("style or script stands in the page itself", element);
for (const entry of performance.getEntriesByType("resource")) {
  if (!entry.name.startsWith(location.origin) && !entry.name.startsWith("data:")) say(`asks another host: ${entry.name}`);
}
if (document.documentElement.scrollWidth > innerWidth + 1) {
  const wide = all("body *").find((e) => shown(e) && e.getBoundingClientRect().right > innerWidth + 1);
  say(`scrolls sideways: ${document.documentElement.scrollWidth} px on a screen of ${innerWidth}`, wide);
}
if (innerWidth >= 768) for (const element of all(".phone-only").filter(shown)) say("is meant for phones only", element);

// --- landmarks and headings
const mains = all("main, [role=main]").filter(shown);
if (mains.length !== 1) say(`has ${mains.length} main landmarks, not one`);
const navs = all("nav, [role=navigation]").filter(shown);
const navNames = navs.map((nav) => nameOf(nav) || nav.getAttribute("aria-label") || "");
if (navs.length > 1) navs.forEach((nav, at) => { if (!navNames[at] || navNames.indexOf(navNames[at]) !== at) say("one of several navigations has no name of its own", nav); });
for (const region of all("section[role], [role=region]")) if (region.getAttribute("role") === "region" && !nameOf(region)) say("a region has no name", region);
const headings = all("h1, h2, h3, h4, h5, h6").filter((h) => shown(h) || h.classList.contains("sr-only"));
const tops = headings.filter((h) => h.localName === "h1");
if (tops.length !== 1) say(`has ${tops.length} first headings, not one`);
let level = 0;
for (const heading of headings) {
  const own = Number(heading.localName[1]);
  if (level && own > level + 1) say(`a heading jumps from level ${level} to ${own}`, heading);
  if (!heading.textContent.trim()) say("a heading is empty", heading);
  level = own;
}

// --- names of controls, pictures, tables
const controlsIn = (root) => all("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]:not([tabindex='-1'])", root).filter(shown);
const checkNames = (root) => {
  for (const control of controlsIn(root)) {
    if (control.matches("a, button, input, select, textarea, summary") && !nameOf(control)) say("a control has no name", control);
    if (control.tabIndex > 0) say("a control jumps the order of the keyboard", control);
    if (control.parentElement.closest("a[href], button")) say("a control lies in a control", control);
    if (control.matches("input:not([type=submit], [type=button], [type=reset]), select, textarea") && !control.labels?.length && !control.getAttribute("aria-label") && !control.getAttribute("aria-labelledby")) {
      say("a field has no label", control);
    }
  }
  for (const picture of all("img", root)) if (!picture.hasAttribute("alt")) say("a picture has no alternative text", picture);
  for (const drawing of all("svg", root).filter(shown)) {
    if (drawing.closest("[aria-hidden=true]")) continue;
    if (drawing.getAttribute("role") !== "img" || !nameOf(drawing)) say("a drawing is neither hidden from screen readers nor named", drawing);
  }
  for (const table of all("table", root).filter(shown)) {
    if (!table.caption && !table.getAttribute("aria-label") && !table.getAttribute("aria-labelledby")) say("a table has no caption", table);
    if (!table.querySelector("th")) say("a table has no headers", table);
    for (const header of all("th", table)) if (!header.scope) say("a table header does not say what it heads", header);
  }
  for (const item of all("li", root)) if (!item.parentElement.matches("ul, ol, menu")) say("a list item is in no list", item);
  for (const item of all("dt, dd", root)) if (!item.closest("dl")) say("a term is in no list of terms", item);
};

// --- contrast of what is written
const canvas = document.createElement("canvas");
canvas.width = canvas.height = 1;
const pen = canvas.getContext("2d", { willReadFrequently: true });
const colours = new Map();
const rgba = (colour) => {
  if (!colours.has(colour)) {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = "#000";
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
    colours.set(colour, [r, g, b, a / 255]);
  }
  return colours.get(colour);
};
const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
const light = (colour) => {
  const [r, g, b] = colour.slice(0, 3).map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const paper = rgba(getComputedStyle(document.documentElement).backgroundColor);
const base = paper[3] === 1 ? paper : rgba(getComputedStyle(document.body).backgroundColor);
const ground = (element) => {
  const layers = [];
  for (let e = element; e; e = e.parentElement) {
    const colour = rgba(getComputedStyle(e).backgroundColor);
    if (colour[3] > 0) layers.push(colour);
    if (colour[3] === 1) break;
  }
  return layers.reverse().reduce((under, top) => over(top, under), base[3] === 1 ? base : [255, 255, 255, 1]);
};
// What lies under the middle of a text in a drawing: the filled shapes drawn before it, on the page's own ground.
const groundInDrawing = (text) => {
  const drawing = text.closest("svg");
  const box = text.getBoundingClientRect();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  return all("rect, path, circle, ellipse, polygon", drawing)
    .filter((shape) => shape.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING)
    .filter((shape) => { const b = shape.getBoundingClientRect(); return b.left <= x && x <= b.right && b.top <= y && y <= b.bottom; })
    .map((shape) => getComputedStyle(shape)).filter((style) => style.fill !== "none")
    .map((style) => { const c = rgba(style.fill); return [c[0], c[1], c[2], c[3] * Number(style.fillOpacity) * Number(style.opacity)]; })
    .reduce((under, top) => over(top, under), ground(drawing));
};
const opacityOf = (element) => { let opacity = 1; for (let e = element; e; e = e.parentElement) opacity *= Number(getComputedStyle(e).opacity); return opacity; };
// `what` is written in `style` on `back`: letters need 4.5, large ones and signs that are no letters 3.
const judge = (what, element, style, back, least) => {
  const ink = rgba(element.closest("svg") && !element.matches("svg") ? style.fill : style.color);
  const front = over([ink[0], ink[1], ink[2], ink[3] * opacityOf(element)], back);
  const [high, low] = [light(front), light(back)].sort((a, b) => b - a);
  const ratio = (high + 0.05) / (low + 0.05);
  const size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  if (ratio < (least ?? (large ? 3 : 4.5)) - 0.01) say(`the contrast of ${what} is ${ratio.toFixed(2)}`, element);
};
const readable = (element) => {
  const box = element.getBoundingClientRect();
  return box.width > 1 && box.height > 1 && shown(element); // smaller ones are for screen readers only
};
const checkContrast = (root, state) => {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const judged = new Set();
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || judged.has(element)) continue;
    judged.add(element);
    if (!readable(element) || element.closest("option, script, style, template, [inert]")) continue;
    if (element.closest("svg")) {
      if (!element.closest("[aria-hidden=true]")) judge(`a text in a drawing${state}`, element, getComputedStyle(element), groundInDrawing(element));
    } else judge(`a text${state}`, element, getComputedStyle(element), ground(element));
  }
  for (const element of all("*", root).filter((e) => !e.closest("svg") && readable(e))) {
    for (const pseudo of ["::before", "::after"]) {
      const style = getComputedStyle(element, pseudo);
      const words = /^["'](.*)["']$|attr\(|counter\(/.exec(style.content);
      if (style.display === "none" || style.visibility === "hidden" || !words || (words[1] ?? "x").trim() === "") continue;
      const own = rgba(style.backgroundColor);
      judge(`what stands ${pseudo.slice(2)}${state}`, element, style, over(own, ground(element)), /[\p{L}\p{N}]/u.test(words[1] ?? "x") ? undefined : 3);
    }
    if (element.matches("input:not([type=checkbox], [type=radio], [type=hidden]), select, textarea")) {
      judge(`what is typed${state}`, element, getComputedStyle(element), ground(element));
      if (element.placeholder) judge(`a placeholder${state}`, element, getComputedStyle(element, "::placeholder"), ground(element));
    }
  }
};

// --- room for a finger
const boxOf = (control) => {
  const own = control.getBoundingClientRect();
  const label = control.matches("[type=checkbox], [type=radio]") && control.labels?.[0]?.getBoundingClientRect();
  return label && label.width * label.height > own.width * own.height ? label : own;
};
const checkTargets = (root) => {
  const targets = controlsIn(root).filter((c) => c.matches("a, button, input, select, textarea, summary"));
  const boxes = targets.map(boxOf);
  targets.forEach((target, at) => {
    const box = boxes[at];
    if ((box.width >= 23.5 && box.height >= 23.5) || target.disabled) return;
    // a link within a line of text may be as high as the line
    if (target.localName === "a" && getComputedStyle(target).display === "inline") return;
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const crowded = boxes.some((other, i) => {
      if (i === at || targets[i].contains(target) || target.contains(targets[i])) return false;
      const dx = Math.max(other.left - x, 0, x - other.right);
      const dy = Math.max(other.top - y, 0, y - other.bottom);
      return Math.hypot(dx, dy) < 12;
    });
    if (crowded) say(`a target is ${Math.round(box.width)} × ${Math.round(box.height)} px and crowded`, target);
  });
};

// --- the focus can be seen
const look = (element) => {
  const style = getComputedStyle(element);
  return [style.outlineStyle === "none" ? "0" : style.outlineWidth + style.outlineColor, style.boxShadow, style.borderColor, style.backgroundColor].join("|");
};
const checkFocus = (root) => {
  const before = document.activeElement;
  for (const control of controlsIn(root)) {
    if (control.disabled || control === before) continue;
    // the ring may be drawn around what holds the field
    const around = [control, control.closest("label") || control.parentElement, control.closest("form") || control];
    const plain = around.map(look);
    control.focus({ focusVisible: true, preventScroll: true });
    if (document.activeElement === control && around.every((e, i) => look(e) === plain[i])) say("the focus cannot be seen", control);
    control.blur();
  }
  before?.focus?.({ preventScroll: true });
};

// --- what a page looks like while something is done with it: the rules for that state are made to hold for all at once
const rulesOf = (list) => [...list].flatMap((rule) => [rule, ...rulesOf(rule.styleSheet?.cssRules ?? rule.cssRules ?? [])]);
const inState = (pseudo, act) => {
  const mark = "as-if-" + pseudo.source.replace(/\W/g, "");
  const turned = rulesOf([...document.styleSheets, ...document.adoptedStyleSheets].flatMap((sheet) => [...sheet.cssRules]))
    .filter((rule) => rule.selectorText && pseudo.test(rule.selectorText))
    .map((rule) => { const was = rule.selectorText; rule.selectorText = was.replaceAll(new RegExp(pseudo, "g"), `.${mark}`); return [rule, was]; });
  for (const element of all("*")) element.classList.add(mark);
  settle();
  act();
  for (const element of all("*")) element.classList.remove(mark);
  for (const [rule, was] of turned) rule.selectorText = was;
  settle();
};
// Colours on their way to other colours are neither.
const settle = () => {
  void document.body.offsetHeight;
  for (const running of document.getAnimations()) { try { running.finish(); } catch { running.cancel(); } }
};

// --- all of it: as it comes, with what can be unfolded, and while it is used
const whole = (state) => { checkNames(document); checkContrast(document.body, state); checkTargets(document); };
settle();
whole("");
checkFocus(document);
for (const details of all("details")) details.open = true;
settle();
whole(", unfolded");
checkFocus(document);
for (const sheet of all("[popover]")) {
  sheet.showPopover();
  settle();
  checkNames(sheet);
  checkContrast(sheet, ", opened");
  checkTargets(sheet);
  if (document.documentElement.scrollWidth > innerWidth + 1) say(`scrolls sideways once it is open: ${document.documentElement.scrollWidth} px on a screen of ${innerWidth}`, sheet);
  sheet.hidePopover();
}
inState(/:hover/, () => checkContrast(document.body, ", pointed at"));
inState(/:focus-visible|:focus(?![\w-])/, () => checkContrast(document.body, ", with the focus"));
inState(/:active/, () => checkContrast(document.body, ", pressed"));
return problems;
