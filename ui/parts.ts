import { gzipSync } from "node:zlib";
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
/** What a screen may bring with it, all of the first screen included; the target of PERFORMANCE.md. */
const GZIP_BYTES_MAX = 300_000;
const WEIGHED = { "the first screen": "src/app/routes/HomeRoute.tsx", "a screen with a grid": "src/app/routes/DataRoute.tsx" };

/** Names those files in the page, so that they are fetched beside the entry and not after it. */
export function nameParts(): Plugin {
  return {
    name: "plinth:name-parts",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(_html, { bundle }) {
        const chunks = chunksOf(bundle ?? {});
        const entry = chunks.filter((chunk) => chunk.isEntry);
        // Those that the entry imports are named already.
        const named = new Set(entry.flatMap((chunk) => [chunk.fileName, ...chunk.imports]));
        return withImports(chunks, AT_ONCE.map((part) => beginning(chunks, part)))
          .filter((chunk) => !named.has(chunk.fileName))
          .map(({ fileName }) => ({ tag: "link", attrs: { rel: "modulepreload", crossorigin: true, href: `./${fileName}` }, injectTo: "head" as const }));
      },
    },
    writeBundle(_options, bundle) {
      const chunks = chunksOf(bundle);
      const first = [...chunks.filter((chunk) => chunk.isEntry), ...AT_ONCE.map((part) => beginning(chunks, part))];
      for (const [screen, file] of Object.entries(WEIGHED)) {
        const all = withImports(chunks, [...first, beginning(chunks, file)]);
        const bytes = all.reduce((sum, chunk) => sum + gzipSync(chunk.code, { level: 9 }).length, 0);
        const said = `${screen} brings ${(bytes / 1_000).toFixed(1)} KB of script in ${String(all.length)} files (gzip)`;
        if (bytes > GZIP_BYTES_MAX) this.warn(`${said}; the limit is ${String(GZIP_BYTES_MAX / 1_000)} KB: what only some actions ask for should be imported when they do`);
        else this.info(said);
      }
    },
  };
}

const chunksOf = (bundle: Rolldown.OutputBundle): Rolldown.OutputChunk[] => Object.values(bundle).filter((file) => file.type === "chunk");

/** The file that begins with a module. */
function beginning(chunks: readonly Rolldown.OutputChunk[], module: string): Rolldown.OutputChunk {
  const found = chunks.find((chunk) => chunk.facadeModuleId?.replaceAll("\\", "/").endsWith(`/${module}`) === true);
  if (!found) throw new Error(`no file of the build begins with ${module}, which parts.ts names; if it is called otherwise now, so it must be there`);
  return found;
}

/** The files and all that they import without waiting. */
function withImports(chunks: readonly Rolldown.OutputChunk[], from: readonly Rolldown.OutputChunk[]): Rolldown.OutputChunk[] {
  const found = new Set(from);
  // A set grows while it is walked.
  for (const chunk of found) for (const name of chunk.imports) for (const next of chunks) if (next.fileName === name) found.add(next);
  return [...found];
}
