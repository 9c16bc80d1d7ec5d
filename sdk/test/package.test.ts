// The package as it is installed, from its own tarball: both builds, both declarations, nothing it
// depends on.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const TSC = createRequire(import.meta.url).resolve('typescript/bin/tsc');

describe('the package', () => {
  let home: string;
  let installed: string;

  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'plinth-sdk-'));
    installed = join(home, 'node_modules/@plinth/sdk');
    mkdirSync(installed, { recursive: true });
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    // `npm test` has just built it; other tests read what was built.
    const said = execFileSync(npm, ['pack', '--silent', '--ignore-scripts', '--pack-destination', home], {
      cwd: PACKAGE,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const tarball = said.trim().split('\n').at(-1) ?? '';
    execFileSync('tar', ['-xzf', join(home, tarball), '--strip-components', '1', '-C', installed]);
    symlinkSync(join(PACKAGE, 'node_modules/@types'), join(home, 'node_modules/@types'), 'dir');
    symlinkSync(join(PACKAGE, 'node_modules/undici-types'), join(home, 'node_modules/undici-types'), 'dir');
  });
  afterAll(() => rmSync(home, { recursive: true }));

  const run = (file: string) => execFileSync(process.execPath, [join(home, file)], { encoding: 'utf8' });

  const packed = () => {
    const below = readdirSync(installed, { recursive: true, withFileTypes: true });
    const paths = below.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
    return paths.map((path) => path.slice(installed.length + 1).replaceAll('\\', '/')).sort();
  };

  it('holds its two builds with their declarations, its licences and what it is, and nothing else', () => {
    const modules = readdirSync(join(PACKAGE, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => name.replaceAll('\\', '/').slice(0, -'.ts'.length));
    const built = ['esm', 'cjs'].flatMap((build) =>
      modules.flatMap((name) => [`dist/${build}/${name}.js`, `dist/${build}/${name}.d.ts`]),
    );
    const others = ['README.md', 'dist/bin/plinth.js', 'dist/LICENSE-APACHE', 'dist/LICENSE-MIT', 'dist/cjs/package.json', 'package.json'];
    expect(packed()).toEqual([...built, ...others].sort());
  });

  it('is never packed from what lies there, but built from nothing first', () => {
    const { scripts } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
    expect(scripts['prepack']).toBe('npm run build --silent');
    expect(scripts['build']).toBe('node scripts/build.mjs');
    const build = readFileSync(join(PACKAGE, 'scripts/build.mjs'), 'utf8');
    expect(build.indexOf('rmSync(`${root}/dist`')).toBeGreaterThan(0);
    expect(build.indexOf('rmSync(`${root}/dist`')).toBeLessThan(build.indexOf('spawnSync(process.execPath'));
  });

  it('depends on nothing at run time', () => {
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Record<string, unknown>;
    expect(manifest['dependencies']).toBeUndefined();
    expect(manifest['peerDependencies']).toBeUndefined();
    expect(manifest['optionalDependencies']).toBeUndefined();
    const foreign = (folder: string) =>
      packed()
        .filter((path) => path.startsWith(folder) && path.endsWith('.js'))
        .flatMap((path) => ts.preProcessFile(readFileSync(join(installed, path), 'utf8'), true, true).importedFiles)
        .map((file) => file.fileName)
        .filter((name) => !name.startsWith('.'));
    expect([...foreign('dist/esm/'), ...foreign('dist/cjs/')]).toEqual([]);
    // The program runs in Node.js alone, on what comes with it and on the package itself.
    expect(foreign('dist/bin/').filter((name) => !name.startsWith('node:'))).toEqual(['@plinth/sdk']);
  });

  it('has a program that says what it does, and what is wrong with what it is told', () => {
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
      bin: Record<string, string>;
    };
    const program = join(installed, manifest.bin['plinth'] ?? '');
    expect(readFileSync(program, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    const told = (...args: string[]) => spawnSync(process.execPath, [program, ...args], { cwd: home, encoding: 'utf8' });
    expect(told('generate', '--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('--output') as string });
    for (const [args, said] of [
      [['genrate'], 'there is no command "genrate"'],
      [['generate', '--outptu', 'x'], "Unknown option '--outptu'"],
      [['generate', '--target', 'zod'], 'there is no target "zod"'],
      [['generate', '--numbers', 'big'], 'numbers are not written "big"'],
      [['generate', '--url', 'localhost:8056'], '"localhost:8056" is not the address of a server'],
      [['generate', '-t', 'sdk-types', '-o', 'a.d.ts'], 'a.d.ts holds declarations alone'],
    ] as const) {
      const { status, stderr } = told(...args);
      expect([status, stderr], said).toEqual([1, expect.stringContaining(said)]);
      expect(stderr, said).not.toContain('    at ');
    }
  });

  it('names files that are there, with declarations of the same kind for import and require', () => {
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
      main: string;
      module: string;
      types: string;
      exports: Record<string, Record<string, Record<string, string>>>;
    };
    const entry = manifest.exports['.'] ?? {};
    const named = [manifest.main, manifest.module, manifest.types, ...Object.values(entry).flatMap(Object.values<string>)];
    for (const file of named) expect(existsSync(join(installed, file)), file).toBe(true);
    for (const [kind, folder] of [['import', 'esm'], ['require', 'cjs']] as const) {
      const { types, default: code } = entry[kind] ?? {};
      // `types` must come first: resolvers take the first key that fits.
      expect(Object.keys(entry[kind] ?? {})[0]).toBe('types');
      expect([types, code]).toEqual([`./dist/${folder}/index.d.ts`, `./dist/${folder}/index.js`]);
    }
  });

  it('says `any` nowhere in its declarations', () => {
    const found: string[] = [];
    for (const path of packed().filter((name) => name.endsWith('.d.ts'))) {
      const file = ts.createSourceFile(path, readFileSync(join(installed, path), 'utf8'), ts.ScriptTarget.ES2022, true);
      const look = (node: ts.Node): void => {
        if (node.kind === ts.SyntaxKind.AnyKeyword) found.push(`${path}: ${node.parent.getText()}`);
        ts.forEachChild(node, look);
      };
      look(file);
    }
    expect(found).toEqual([]);
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
    const names = 'AsyncStorageAdapter,BaasixError,FILTER_OPERATORS,LocalStorageAdapter,MemoryAdapter,PlinthError,SecondFactorError,createBaasix,createPlinth function\n';
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
