/** What holds on the last screen of every journey, checked by axe inside the page. */
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(import.meta.url);

/** The source of axe, run in the page. */
export const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

/** The source of the locators by role and name, for a page that Playwright does not drive. */
export const locators = readFileSync(
  require.resolve("@testing-library/dom/dist/@testing-library/dom.umd.min.js"),
  "utf8",
);

/** Runs in the page: one line for each serious or critical finding, of the rules `only` where it names some. */
export const FINDINGS = `
  const { violations } = await axe.run(document, { resultTypes: ["violations"], ...(only === undefined ? {} : { runOnly: only }) });
  return violations
    .filter((found) => found.impact === "serious" || found.impact === "critical")
    .map((found) => found.id + ": " + found.help + " (" + found.nodes.map((node) => node.target.join(" ")).slice(0, 3).join(", ") + ")");
`;
