/**
 * Markdown read into parts that can be drawn. Markup of a page has no meaning here: it is text like
 * any other, so nothing in a value can become an element, a script or a request.
 */

export type Inline =
  | { readonly t: "text"; readonly v: string }
  | { readonly t: "code"; readonly v: string }
  | { readonly t: "strong" | "em" | "strike"; readonly v: readonly Inline[] }
  | { readonly t: "link"; readonly href: string; readonly v: readonly Inline[] }
  | { readonly t: "image"; readonly alt: string }
  | { readonly t: "break" };

export type Part =
  | { readonly t: "heading"; readonly level: number; readonly v: readonly Inline[] }
  | { readonly t: "paragraph"; readonly v: readonly Inline[] }
  | { readonly t: "code"; readonly v: string }
  | { readonly t: "quote"; readonly v: readonly Part[] }
  | { readonly t: "list"; readonly ordered: boolean; readonly start: number; readonly v: readonly (readonly Part[])[] }
  | { readonly t: "table"; readonly head: readonly (readonly Inline[])[]; readonly rows: readonly (readonly (readonly Inline[])[])[] }
  | { readonly t: "rule" };

/** Deeper quotes and lists are drawn as text. */
const DEPTH_MAX = 8;

const FENCE = /^\s{0,3}(`{3,}|~{3,})/;
const HEADING = /^\s{0,3}(#{1,6})\s+(.*?)(?:\s+#+)?\s*$/;
const RULE = /^\s{0,3}(?:(?:\*\s*){3,}|(?:-\s*){3,}|(?:_\s*){3,})$/;
const ITEM = /^(\s{0,3})([-*+]|\d{1,9}[.)])\s+(.*)$/;
const DIVIDER = /^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*$/;

export function readMarkdown(text: string, depth = 0): readonly Part[] {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  const parts: Part[] = [];
  let at = 0;
  const line = (): string => lines[at] ?? "";
  while (at < lines.length) {
    if (line().trim() === "") {
      at += 1;
      continue;
    }
    const fence = FENCE.exec(line())?.[1];
    if (fence !== undefined) {
      const inside: string[] = [];
      at += 1;
      while (at < lines.length && !line().trim().startsWith(fence)) {
        inside.push(line());
        at += 1;
      }
      at += 1;
      parts.push({ t: "code", v: inside.join("\n") });
      continue;
    }
    const heading = HEADING.exec(line());
    if (heading) {
      parts.push({ t: "heading", level: (heading[1] ?? "#").length, v: readInline(heading[2] ?? "") });
      at += 1;
      continue;
    }
    if (RULE.test(line())) {
      parts.push({ t: "rule" });
      at += 1;
      continue;
    }
    if (/^\s{0,3}>/.test(line()) && depth < DEPTH_MAX) {
      const inside: string[] = [];
      while (at < lines.length && /^\s{0,3}>/.test(line())) {
        inside.push(line().replace(/^\s{0,3}>\s?/, ""));
        at += 1;
      }
      parts.push({ t: "quote", v: readMarkdown(inside.join("\n"), depth + 1) });
      continue;
    }
    const first = ITEM.exec(line());
    if (first && depth < DEPTH_MAX) {
      const ordered = /\d/.test(first[2] ?? "");
      const items: (readonly Part[])[] = [];
      while (at < lines.length) {
        const item = ITEM.exec(line());
        if (!item || /\d/.test(item[2] ?? "") !== ordered) break;
        const indent = (item[1] ?? "").length + (item[2] ?? "").length + 1;
        const inside = [item[3] ?? ""];
        at += 1;
        while (at < lines.length && (line().trim() === "" || /^\s*/.exec(line())?.[0].length !== 0) && !(ITEM.test(line()) && (/^\s*/.exec(line())?.[0].length ?? 0) < 2)) {
          if (line().trim() === "" && !/^\s/.test(lines[at + 1] ?? "")) break;
          inside.push(line().slice(Math.min(indent, /^\s*/.exec(line())?.[0].length ?? 0)));
          at += 1;
        }
        while (at < lines.length && line().trim() === "" && ITEM.test(lines[at + 1] ?? "")) at += 1;
        items.push(readMarkdown(inside.join("\n"), depth + 1));
      }
      parts.push({ t: "list", ordered, start: ordered ? parseInt(first[2] ?? "1", 10) : 1, v: items });
      continue;
    }
    if (line().includes("|") && DIVIDER.test(lines[at + 1] ?? "")) {
      const head = cells(line());
      at += 2;
      const rows: (readonly (readonly Inline[])[])[] = [];
      while (at < lines.length && line().includes("|")) {
        rows.push(cells(line()));
        at += 1;
      }
      parts.push({ t: "table", head, rows });
      continue;
    }
    const inside: string[] = [];
    while (at < lines.length && line().trim() !== "" && (inside.length === 0 || !begins(line()))) {
      inside.push(line().trim() + (/ {2,}$/.test(line()) ? "\\" : ""));
      at += 1;
    }
    parts.push({ t: "paragraph", v: readInline(inside.join("\n")) });
  }
  return parts;
}

function begins(line: string): boolean {
  return FENCE.test(line) || HEADING.test(line) || RULE.test(line) || ITEM.test(line) || /^\s{0,3}>/.test(line);
}

function cells(line: string): readonly (readonly Inline[])[] {
  return line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => readInline(cell.trim()));
}

const SIGNS = /[\\`*_~![\]()#+\-.!<>{}|"']/;

/** A link goes to a page or a mailbox; anything else it could name is left as text. */
export function safeLink(href: string): string | null {
  return /^(?:https?:\/\/|mailto:)[^\s<>"']+$/i.test(href) ? href : null;
}

export function readInline(text: string): readonly Inline[] {
  const found: Inline[] = [];
  let plain = "";
  let at = 0;
  const push = (part: Inline): void => {
    if (plain !== "") found.push({ t: "text", v: plain });
    plain = "";
    found.push(part);
  };
  while (at < text.length) {
    const rest = text.slice(at);
    const c = rest[0] ?? "";
    if (c === "\\" && rest[1] === "\n") {
      push({ t: "break" });
      at += 2;
    } else if (c === "\\" && SIGNS.test(rest[1] ?? "")) {
      plain += rest[1] ?? "";
      at += 2;
    } else if (c === "`") {
      const code = /^(`+)([\s\S]*?[^`])\1(?!`)/.exec(rest);
      if (code) push({ t: "code", v: (code[2] ?? "").replace(/\n/g, " ") });
      else plain += c;
      at += code?.[0].length ?? 1;
    } else if (c === "!" && rest[1] === "[") {
      const image = /^!\[([^\]]*)\]\([^)]*\)/.exec(rest);
      if (image) push({ t: "image", alt: image[1] ?? "" });
      else plain += c;
      at += image?.[0].length ?? 1;
    } else if (c === "[") {
      const link = /^\[([^\]]+)\]\(\s*([^)\s]+)(?:\s+"[^"]*")?\s*\)/.exec(rest);
      const href = link ? safeLink(link[2] ?? "") : null;
      if (link && href !== null) push({ t: "link", href, v: readInline(link[1] ?? "") });
      else plain += link?.[0] ?? c;
      at += link?.[0].length ?? 1;
    } else if (c === "<") {
      const auto = /^<((?:https?:\/\/|mailto:)[^\s<>]+)>/i.exec(rest);
      const href = auto ? safeLink(auto[1] ?? "") : null;
      if (auto && href !== null) push({ t: "link", href, v: [{ t: "text", v: href }] });
      else plain += c;
      at += auto && href !== null ? auto[0].length : 1;
    } else {
      const marked = emphasis(rest, plain.at(-1) ?? text[at - 1] ?? " ");
      if (marked) push(marked.part);
      else plain += c;
      at += marked?.length ?? 1;
    }
  }
  if (plain !== "") found.push({ t: "text", v: plain });
  return found;
}

function emphasis(rest: string, before: string): { part: Inline; length: number } | null {
  const strike = /^~~(\S(?:[\s\S]*?\S)?)~~/.exec(rest);
  if (strike) return { part: { t: "strike", v: readInline(strike[1] ?? "") }, length: strike[0].length };
  const strong = /^(\*\*|__)(\S(?:[\s\S]*?\S)?)\1/.exec(rest);
  // Inside a word an underscore is part of its name.
  const word = /\w/.test(before);
  if (strong && !(strong[1] === "__" && word)) return { part: { t: "strong", v: readInline(strong[2] ?? "") }, length: strong[0].length };
  const em = /^([*_])((?![\s*_])(?:[\s\S]*?[^\s\\])?)\1(?!\w)/.exec(rest);
  if (em && !(em[1] === "_" && word) && (em[2] ?? "") !== "") return { part: { t: "em", v: readInline(em[2] ?? "") }, length: em[0].length };
  return null;
}
