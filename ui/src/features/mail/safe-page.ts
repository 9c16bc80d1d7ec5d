/**
 * The page of a mail as it may be shown here. Its frame is a sandbox without scripts and without an origin, and
 * has a policy of its own that loads nothing; what is taken out besides would only be refused there.
 */

export interface SafePage {
  readonly html: string;
  /** Where its links lead, each once, in their order. */
  readonly links: readonly { readonly url: string; readonly text: string }[];
  /** How many of its pictures lie on a server and are not loaded: to load one tells its server that the mail is read. */
  readonly remote: number;
}

/** Styles of the mail itself and pictures that stand within it. The studio's own policy holds on top of it. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/** What runs, loads, sends or leads elsewhere by itself. */
const TAKEN = "script, iframe, frame, object, embed, applet, base, link, meta";

export function safePage(html: string): SafePage {
  // A document that is parsed so is never shown: it runs no script and loads nothing.
  const page = new DOMParser().parseFromString(html, "text/html");
  for (const element of page.querySelectorAll(TAKEN)) element.remove();
  let remote = 0;
  for (const picture of page.querySelectorAll("img, source")) {
    picture.removeAttribute("srcset");
    const src = picture.getAttribute("src");
    if (src === null || src.startsWith("data:image/")) continue;
    picture.removeAttribute("src");
    if (picture.matches("img")) remote += 1;
  }
  for (const element of page.querySelectorAll("[background]")) element.removeAttribute("background");
  // A window of its own is refused by the sandbox, so that no link replaces the mail in its frame.
  for (const element of page.querySelectorAll("[target]")) element.removeAttribute("target");
  const links = new Map<string, string>();
  for (const link of page.querySelectorAll("a[href]")) {
    const url = link.getAttribute("href")?.trim() ?? "";
    if (url !== "" && !url.startsWith("#") && !links.has(url)) links.set(url, (link.textContent ?? "").trim().replace(/\s+/g, " "));
  }
  const head = [
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<base target="_blank">',
    // Mails are written for white paper, whatever the theme of the studio.
    "<style>:root{color-scheme:light;background:white}</style>",
  ].join("");
  return {
    html: `<!doctype html><html><head>${head}${page.head.innerHTML}</head>${page.body.outerHTML}</html>`,
    links: [...links].map(([url, text]) => ({ url, text })),
    remote,
  };
}
