// The snippets of the public SDK document compile as they are printed; only the name of the package
// in their import lines is replaced.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { asModule, complaints, type Snippet } from './typecheck.js';

const SEEDS = fileURLToPath(new URL('../../../shared/seeds/', import.meta.url));
const name = existsSync(SEEDS) ? readdirSync(SEEDS).find((file) => file.startsWith('000')) : undefined;

if (name === undefined) {
  console.warn(
    `\n${'!'.repeat(78)}\n!! SKIPPED: the seed document is not at ${SEEDS}\n` +
      `!! Its snippets were NOT checked against the types of this package.\n${'!'.repeat(78)}\n`,
  );
}

// The document lost its fences: a snippet ends where the next heading is glued to its last line.
const SECTIONS: readonly [heading: string, next: string][] = [
  ['Then use the generated types with the SDK:', 'See the CLI Guide for more details on type generation.'],
  ['Quick Start', 'Configuration'],
  ['Basic Configuration', 'React Native Setup'],
  ['React Native Setup', 'Cookie Mode (Web with HTTP-only cookies)'],
  ['Cookie Mode (Web with HTTP-only cookies)', 'Server-Side / Service Account'],
  ['Server-Side / Service Account', 'Authentication'],
  ['Login & Register', 'Get Current User'],
  ['Get Current User', 'OAuth / Social Login'],
  ['Token Management', 'Session & State Management'],
  ['Session & State Management', 'Email Verification'],
  ['Basic Operations', 'Query Builder'],
  ['Query Builder', 'Filter Operators'],
  ['Bulk Operations', 'Import Data'],
  ['Import Data', 'Sort / Reorder Items'],
  ['Sort / Reorder Items', 'Upsert (Update or Insert)'],
  ['Upsert (Update or Insert)', 'Soft Delete & Restore'],
  ['Soft Delete & Restore', 'Aggregations'],
  ['Aggregations', 'Realtime Subscriptions'],
  ['Schemas', 'Validation Rules'],
  ['Users', 'Roles'],
  ['Roles', 'Workflows'],
  ['Permissions', 'Reports & Analytics'],
  ['Error Handling', 'TypeScript Support'],
  ['Shared Types from @baasix/types', 'Using Generics'],
  ['Using Generics', 'Related Documentation'],
];

// What a snippet takes for granted.
const CONTEXT = `
import type * as Sdk from '@plinth/sdk';
declare const baasix: Sdk.Plinth;
declare const products: Sdk.Items;
declare const jsonFile: File;
declare const exportedData: Sdk.PermissionExport;
declare const document: { querySelector(selector: string): { files: File[] } };
declare const userId: string;
`;

function section(lines: readonly string[], heading: string, next: string): string {
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
function nested(code: string): string {
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

function snippets(): Snippet[] {
  const text = readFileSync(`${SEEDS}${name}`, 'utf8');
  const lines = text.replace(/from '@baasix\/(sdk|types)'/g, "from '@plinth/sdk'").split('\n');
  const sections = SECTIONS.map(([heading, next]) => {
    const code = section(lines, heading, next);
    const make = /import .*createBaasix/.test(code) ? '' : 'declare const createBaasix: typeof Sdk.createBaasix;';
    return { name: heading, code: asModule(nested(code), CONTEXT + make) };
  });
  // One filter per line here, without a statement around it.
  const filters = section(lines, 'Filter Operators', 'Bulk Operations')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line, n) => `export const filter${n}: Filter = ${line}`);
  expect(filters).toHaveLength(18);
  sections.push({ name: 'Filter Operators', code: `import type { Filter } from '@plinth/sdk';\n${filters.join('\n')}` });
  return sections;
}

describe.skipIf(name === undefined)('the snippets of the public document', () => {
  it('compile as printed', () => {
    expect(complaints(snippets())).toEqual([]);
  });

  it('and the check would notice if one did not', () => {
    const code = asModule(`await baasix.items('products').find({ filtre: {} });`, CONTEXT);
    expect(complaints([{ name: 'wrong', code }])[0]).toContain("'filtre' does not exist");
  });
});
