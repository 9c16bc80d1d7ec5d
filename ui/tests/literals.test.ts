import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";

const SRC = join(import.meta.dirname, "../src");

/** Attributes whose text a person reads or hears. */
const SPOKEN = new Set([
  "label", "title", "placeholder", "alt", "aria-label", "aria-description", "aria-valuetext", "note",
  "lead", "detail", "what", "keepLabel", "loseLabel", "footNote", "facts",
]);

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return path.endsWith(".tsx") && !path.endsWith(".test.tsx") ? [path] : [];
  });
}

/** Words in markup that did not come from the catalogue. Signs and single letters are no words. */
function literals(path: string): string[] {
  const text = readFileSync(path, "utf8");
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
  const found: string[] = [];
  const report = (node: ts.Node, words: string) => {
    const { line } = file.getLineAndCharacterOfPosition(node.getStart());
    found.push(`${relative(SRC, path)}:${String(line + 1)} "${words.trim()}"`);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isJsxText(node) && /\p{L}{2}/u.test(node.text)) report(node, node.text);
    if (
      ts.isJsxAttribute(node) &&
      SPOKEN.has(node.name.getText()) &&
      node.initializer &&
      ts.isStringLiteral(node.initializer) &&
      /\p{L}{2}/u.test(node.initializer.text)
    ) {
      report(node, node.initializer.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

// Every source is read and parsed: on a machine that is busy with others this is no matter of seconds.
const PATIENCE_MS = 60_000;

test("every visible string comes from the message catalogue", { timeout: PATIENCE_MS }, () => {
  expect(sources(SRC).flatMap(literals)).toEqual([]);
});
