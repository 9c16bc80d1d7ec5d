/** Runs in the page: what is laid out wrongly, told in lines; nothing when all is well. */

const NAMED = `
  const named = (element) => {
    const text = (element.getAttribute("aria-label") ?? element.innerText ?? "").trim().replace(/\\s+/g, " ").slice(0, 60);
    return element.tagName.toLowerCase() + (element.getAttribute("role") ? "[" + element.getAttribute("role") + "]" : "") + " " + JSON.stringify(text);
  };
  const shown = (element) => {
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    return box.width > 1 && box.height > 1 && style.visibility !== "hidden" && style.opacity !== "0" && element.closest("[inert], [aria-hidden='true']") === null;
  };
`;

/** What scrolls sideways: the page, or a region that is no grid, canvas, code or strip of tabs. */
export const SIDEWAYS = `(() => {
  ${NAMED}
  const found = [];
  const page = document.scrollingElement;
  if (page.scrollWidth > page.clientWidth) found.push("the page is " + page.scrollWidth + " wide in " + page.clientWidth);
  const free = "[role=grid], .react-flow, pre, .cm-editor, nav, [role=region][tabindex]";
  for (const element of document.querySelectorAll("body *")) {
    const style = getComputedStyle(element);
    if (!/auto|scroll/.test(style.overflowX) || element.scrollWidth <= element.clientWidth + 1) continue;
    if (element.matches(free) || element.closest(free) !== null || element.querySelector("[role=grid]") !== null) continue;
    found.push(named(element) + " is " + element.scrollWidth + " wide in " + element.clientWidth);
  }
  for (const element of document.querySelectorAll("button, input, a[href], [role=checkbox], [role=radio], [role=combobox]")) {
    const box = element.getBoundingClientRect();
    if (!shown(element) || element.closest(free) !== null) continue;
    if (box.right > innerWidth + 1 || box.left < -1) found.push(named(element) + " stands out of the page, " + Math.round(box.left) + " to " + Math.round(box.right));
  }
  return found;
})()`;

/** Words that stand in plain English although the language is another. */
export const STRANGE = `(own) => {
  ${NAMED}
  const marked = /[áƀçđéƒĝĥíĵķĺļñóþŕšţúŵýžÁÇĐÉĜĤÍĴĶĹĻÑÓŔŠŢÚŴÝŽ~]/;
  // Code, values and names are the same in every language; so are keys and the names of products.
  const verbatim = "pre, code, .cm-editor, .font-mono, kbd, s, time, [translate=no], [role=gridcell], [role=treeitem], [role=columnheader], [role=rowheader], .react-flow__node";
  const fixed = new Set([...own, "Plinth", "SQLite", "Postgres", "local", "Ctrl", "Shift", "Alt", "Enter", "Esc", "Del", "Backspace", "Space", "Tab", "SQL", "JSON", "CSV", "curl", "API", "GET", "POST", "PATCH", "DELETE", "URL", "UUID", "NULL", "CREATE", "SDK", "HTTP"]);
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode.nodeValue.trim();
    const at = walk.currentNode.parentElement;
    if (!/[A-Za-z]{3,}/.test(text) || marked.test(text) || at.closest(verbatim) !== null || at.closest("script, style") !== null || !shown(at)) continue;
    const strange = text.split(/[^A-Za-z_]+/).filter((word) => word.length > 2 && !fixed.has(word));
    if (strange.length > 0) found.push(text.slice(0, 80));
  }
  for (const element of document.querySelectorAll("[aria-label], [placeholder], [title]")) {
    if (!shown(element) || element.closest(verbatim) !== null) continue;
    for (const key of ["aria-label", "placeholder"]) {
      const text = element.getAttribute(key) ?? "";
      const strange = text.split(/[^A-Za-z_]+/).filter((word) => word.length > 2 && !fixed.has(word));
      if (strange.length > 0 && !marked.test(text)) found.push(key + " " + text.slice(0, 80));
    }
  }
  return [...new Set(found)];
}`;

/** Words that are cut off: without an ellipsis, or with one on a control that tells them nowhere. */
export const CLIPPED = `(() => {
  ${NAMED}
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    if (!shown(element) || element.closest("pre, .cm-editor, .sr-only, .react-flow, [role=gridcell]") !== null) continue;
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.nodeValue.trim() !== "");
    if (!own || element.scrollWidth <= element.clientWidth + 1) continue;
    const style = getComputedStyle(element);
    if (style.display === "inline" || style.overflowX === "visible" && element.scrollWidth <= element.offsetWidth + 1) continue;
    if (/auto|scroll/.test(style.overflowX)) continue;
    const control = element.closest("button, label, [role=tab], [role=option], [role=menuitem]");
    const told = element.closest("[title]") !== null || element.closest("[aria-label]") !== null;
    if (style.textOverflow === "ellipsis" && style.overflowX !== "visible" && (control === null || told)) continue;
    found.push(named(element) + " needs " + element.scrollWidth + " of " + element.clientWidth);
  }
  return [...new Set(found)];
})()`;

/** Where the focus is; null when it has left the page. */
export const FOCUS = `(() => {
  ${NAMED}
  const at = document.activeElement;
  if (at === null || at === document.body) return null;
  const style = getComputedStyle(at);
  // A field may draw the ring on the label around it, a cell on the row it stands for.
  const ringed = (element) => {
    const css = getComputedStyle(element);
    return (css.outlineStyle !== "none" && parseFloat(css.outlineWidth) >= 1) || css.boxShadow !== "none";
  };
  const near = [at, at.parentElement, at.parentElement?.parentElement, at.closest(".cm-editor"), ...at.children].filter(Boolean);
  const box = at.getBoundingClientRect();
  const again = at.hasAttribute("data-first-reached");
  if (document.querySelector("[data-first-reached]") === null) at.setAttribute("data-first-reached", "");
  return {
    name: named(at),
    ring: near.some(ringed),
    inView: box.width === 0 || (box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight),
    editor: at.closest(".cm-editor") !== null && style.display !== "none",
    again,
  };
})()`;
