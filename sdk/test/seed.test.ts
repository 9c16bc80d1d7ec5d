// The snippets of the public SDK document compile as they are printed; only the name of the package
// in their import lines is replaced.
import { describe, expect, it } from 'vitest';
import { filters, lines, mourn, nested, present, section } from './document.js';
import { asModule, complaints, type Snippet } from './typecheck.js';

mourn('Its snippets were NOT checked against the types of this package.');

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
  ['OAuth / Social Login', 'Magic Link (Passwordless)'],
  ['Magic Link (Passwordless)', 'Password Management'],
  ['Password Management', 'Token Management'],
  ['Token Management', 'Session & State Management'],
  ['Session & State Management', 'Email Verification'],
  ['Email Verification', 'Multi-tenant'],
  ['Multi-tenant', 'Items (CRUD Operations)'],
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
  ['Settings', 'Permissions'],
  ['Permissions', 'Reports & Analytics'],
  ['Generate Report (POST)', 'Query Report (GET)'],
  ['Query Report (GET)', 'Multi-Collection Stats'],
  ['Multi-Collection Stats', 'Aggregation, Count & Distinct'],
  ['Aggregation, Count & Distinct', 'Notifications'],
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
declare const window: { location: { href: string; search: string } };
declare const document: { querySelector(selector: string): { files: File[] } };
declare const userId: string;
declare const tokenFromUrl: string;
`;

function snippets(): Snippet[] {
  const document = lines();
  const sections = SECTIONS.map(([heading, next]) => {
    const code = section(document, heading, next);
    const make = /import .*createBaasix/.test(code) ? '' : 'declare const createBaasix: typeof Sdk.createBaasix;';
    return { name: heading, code: asModule(nested(code), CONTEXT + make) };
  });
  const typed = filters(document).map((line, n) => `export const filter${n}: Filter = ${line}`);
  expect(typed).toHaveLength(18);
  sections.push({ name: 'Filter Operators', code: `import type { Filter } from '@plinth/sdk';\n${typed.join('\n')}` });
  return sections;
}

describe.skipIf(!present)('the snippets of the public document', () => {
  it('compile as printed', () => {
    expect(complaints(snippets())).toEqual([]);
  });

  it('and the check would notice if one did not', () => {
    const code = asModule(`await baasix.items('products').find({ filtre: {} });`, CONTEXT);
    expect(complaints([{ name: 'wrong', code }])[0]).toContain("'filtre' does not exist");
  });
});
