import type { Plugin, Rolldown } from "vite";

/**
 * The first screen comes in few files, each with all that it imports. Cut by who uses what they would
 * be sixty, and to ask for sixty holds the main thread for longer than to run them.
 */
export const PARTS: Rolldown.CodeSplittingOptions = {
  groups: [
    { name: "load", test: /vite[\\/]preload-helper|rolldown[\\/]runtime/, priority: 4 },
    { name: "react", test: /[\\/]node_modules[\\/](react|react-dom|scheduler)[\\/]/, priority: 3 },
    { name: "floating", test: /[\\/]src[\\/]kit[\\/](Dialog|Menu|Tooltip)\.tsx$/, priority: 2 },
    { name: "studio", test: /[\\/]src[\\/]app[\\/]start\.tsx$/, priority: 1 },
  ],
};

/** What `main.tsx` waits for, and the host of a page; the one of the window comes later. */
const AT_ONCE = ["react-dom/client.js", "src/kit/Tooltip.tsx", "src/app/start.tsx", "src/host/browser.ts"];

/** Names those files in the page, so that they are fetched beside the entry and not after it. */
export function nameParts(): Plugin {
  return {
    name: "plinth:name-parts",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(_html, { bundle }) {
        const chunks = Object.values(bundle ?? {}).filter((file) => file.type === "chunk");
        const wanted = new Set<string>();
        const want = (fileName: string): void => {
          if (wanted.has(fileName)) return;
          wanted.add(fileName);
          for (const next of chunks.find((chunk) => chunk.fileName === fileName)?.imports ?? []) want(next);
        };
        const entry = chunks.find((chunk) => chunk.isEntry);
        for (const part of AT_ONCE) {
          const found = chunks.find((chunk) => chunk.facadeModuleId?.replaceAll("\\", "/").endsWith(`/${part}`) === true);
          if (!found) throw new Error(`no file of the build begins with ${part}, which index.html is to name`);
          want(found.fileName);
        }
        // Those that the entry imports are named already.
        const named = new Set([entry?.fileName, ...(entry?.imports ?? [])]);
        return [...wanted]
          .filter((fileName) => !named.has(fileName))
          .map((fileName) => ({ tag: "link", attrs: { rel: "modulepreload", crossorigin: true, href: `./${fileName}` }, injectTo: "head" as const }));
      },
    },
  };
}
