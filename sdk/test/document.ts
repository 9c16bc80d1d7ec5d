// The public SDK document, if it lies beside this repository, and its snippets.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const SEEDS = fileURLToPath(new URL('../../../shared/seeds/', import.meta.url));
const name = existsSync(SEEDS) ? readdirSync(SEEDS).find((file) => file.startsWith('000')) : undefined;

/** Whether the document is there. */
export const present = name !== undefined;

/** Says loudly what did not happen, where the document is not there. */
export function mourn(what: string): void {
  if (present) return;
  const line = '!'.repeat(78);
  console.warn(`\n${line}\n!! SKIPPED: the seed document is not at ${SEEDS}\n!! ${what}\n${line}\n`);
}

/** Its lines, with the name of the package in import lines replaced. */
export function lines(): string[] {
  const text = readFileSync(`${SEEDS}${name ?? ''}`, 'utf8');
  return text.replace(/from '@baasix\/(sdk|types)'/g, "from '@plinth/sdk'").split('\n');
}

/** The filters of the document: one per line, without a statement around it. */
export function filters(document: readonly string[]): string[] {
  return section(document, 'Filter Operators', 'Bulk Operations')
    .split('\n')
    .filter((line) => line.startsWith('{'));
}

/** The code of a section: it ends where the next heading is glued to its last line. */
export function section(lines: readonly string[], heading: string, next: string): string {
  const begins = (line: string) =>
    line === heading || [';', '}', '.ts'].some((end) => line.endsWith(end + heading));
  const first = lines.findIndex(begins) + 1;
  if (first === 0) throw new Error(`the document has no section "${heading}"`);
  const length = lines.slice(first).findIndex((line) => line.endsWith(next));
  if (length === -1) throw new Error(`section "${heading}" does not end with "${next}"`);
  const body = lines.slice(first, first + length + 1);
  body.push((body.pop() ?? '').slice(0, -next.length));
  const isCode = (line: string) => /^(import|const|await|interface|try|\/\/|\{)/.test(line);
  return body.slice(body.findIndex(isCode)).join('\n');
}

/** Each commented step in a block of its own, so that a name may be declared again. */
export function nested(code: string): string {
  let depth = 0;
  let blocks = 0;
  const out: string[] = [];
  for (const line of code.split('\n')) {
    if (depth === 0 && line.startsWith('//')) {
      out.push('{');
      blocks += 1;
    }
    out.push(line);
    const bare = line.replace(/\/\/.*$/, '').replace(/'[^']*'|`[^`]*`/g, '');
    depth += (bare.match(/[({[]/g)?.length ?? 0) - (bare.match(/[)}\]]/g)?.length ?? 0);
  }
  return out.join('\n') + '\n}'.repeat(blocks);
}
