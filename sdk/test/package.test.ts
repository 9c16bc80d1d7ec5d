// The package as it is installed: both builds, both declarations, nothing it depends on.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const TSC = createRequire(import.meta.url).resolve('typescript/bin/tsc');

describe('the package', () => {
  let home: string;

  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'plinth-sdk-'));
    mkdirSync(join(home, 'node_modules/@plinth'), { recursive: true });
    symlinkSync(PACKAGE, join(home, 'node_modules/@plinth/sdk'), 'dir');
    symlinkSync(join(PACKAGE, 'node_modules/@types'), join(home, 'node_modules/@types'), 'dir');
    symlinkSync(join(PACKAGE, 'node_modules/undici-types'), join(home, 'node_modules/undici-types'), 'dir');
  });
  afterAll(() => rmSync(home, { recursive: true }));

  const run = (file: string) => execFileSync(process.execPath, [join(home, file)], { encoding: 'utf8' });

  it('depends on nothing at run time', () => {
    const manifest = JSON.parse(readFileSync(`${PACKAGE}package.json`, 'utf8')) as Record<string, unknown>;
    expect(manifest['dependencies']).toBeUndefined();
    expect(manifest['peerDependencies']).toBeUndefined();
  });

  it('is imported and required with the same names', () => {
    writeFileSync(
      join(home, 'a.mjs'),
      `import * as sdk from '@plinth/sdk';
       new sdk.PlinthError('x', { status: 0, code: 'X' });
       console.log(Object.keys(sdk).sort().join(), typeof sdk.createPlinth({ url: 'http://x' }).items);`,
    );
    writeFileSync(
      join(home, 'b.cjs'),
      `const sdk = require('@plinth/sdk');
       console.log(Object.keys(sdk).sort().join(), typeof sdk.createPlinth({ url: 'http://x' }).items);`,
    );
    const names = 'AsyncStorageAdapter,BaasixError,FILTER_OPERATORS,LocalStorageAdapter,MemoryAdapter,PlinthError,createBaasix,createPlinth function\n';
    expect(run('a.mjs')).toBe(names);
    expect(run('b.cjs')).toBe(names);
  });

  it.each([
    ['an ES module in Node.js', 'user.mts', 'nodenext', 'es2022'],
    ['a CommonJS module in Node.js', 'user.cts', 'nodenext', 'es2022'],
    ['a page, bundled', 'user.ts', 'bundler', 'es2022,dom'],
  ])('its declarations hold for %s, libraries checked', (_who, file, resolution, lib) => {
    writeFileSync(
      join(home, file),
      `import { createPlinth, type Filter, type Items } from '@plinth/sdk';
       interface Product { id: string; price: number }
       const filter: Filter<Product> = { price: { gt: 1 } };
       const products: Items<Product> = createPlinth({ url: 'http://x' }).items<Product>('products');
       export const all: Promise<Product[]> = products.find({ filter }).then((page) => page.data);
       export const file = products.export().then((reply) => reply.text());
       export const sent = products.importCSV(new Blob(['a']));`,
    );
    const page = resolution === 'bundler';
    const args = ['--strict', '--noEmit', '--target', 'es2022', '--lib', lib];
    const more = ['--module', page ? 'esnext' : 'nodenext', '--moduleResolution', resolution];
    const types = page ? [] : ['--types', 'node'];
    const output = (() => {
      try {
        return execFileSync(process.execPath, [TSC, ...args, ...more, ...types, file], { cwd: home, encoding: 'utf8' });
      } catch (error) {
        return (error as { stdout: string }).stdout;
      }
    })();
    expect(output).toBe('');
  });
});
