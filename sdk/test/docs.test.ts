// Every example in a docstring and in the README compiles as it is printed.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { asModule, complaints, type Snippet } from './typecheck.js';

const SRC = fileURLToPath(new URL('../src/', import.meta.url));
const README = fileURLToPath(new URL('../README.md', import.meta.url));

const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));

function context(code: string): string {
  return /\bconst plinth\b/.test(code) ? '' : `declare const plinth: import('@plinth/sdk').Plinth;`;
}

function examplesOf(name: string): Snippet[] {
  const text = readFileSync(SRC + name, 'utf8');
  return [...text.matchAll(/@example\n\s*\* ```ts\n([\s\S]*?)\n\s*\* ```/g)].map((match, n) => {
    const code = (match[1] ?? '').replace(/^\s*\* ?/gm, '');
    return { name: `${name} example ${n + 1}`, code: asModule(code, context(code)) };
  });
}

describe('examples', () => {
  it('those of the docstrings compile', () => {
    const examples = sources.flatMap(examplesOf);
    expect(examples.length).toBeGreaterThan(90);
    expect(complaints(examples)).toEqual([]);
  });

  it('those of the README compile', () => {
    const text = readFileSync(README, 'utf8');
    const examples = [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map((match, n) => {
      const code = match[1] ?? '';
      return { name: `README example ${n + 1}`, code: asModule(code, context(code)) };
    });
    expect(examples.length).toBeGreaterThan(5);
    expect(complaints(examples)).toEqual([]);
  });

  it('every public method has one', () => {
    const missing: string[] = [];
    // What only the package itself calls.
    const internal = ['session.ts', 'deadline.ts', 'upload.ts', 'storage.ts', 'error.ts'];
    const plumbing = ['exchange', 'emit', 'refresh', 'signOut'];
    for (const name of sources.filter((source) => !internal.includes(source))) {
      const file = ts.createSourceFile(name, readFileSync(SRC + name, 'utf8'), ts.ScriptTarget.ES2022, true);
      file.forEachChild((node) => {
        if (!ts.isClassDeclaration(node)) return;
        const documented = new Set<string>();
        const methods = node.members.filter(ts.isMethodDeclaration).filter(({ name: n }) => ts.isIdentifier(n));
        for (const method of methods) {
          const example = ts.getJSDocTags(method).some((tag) => tag.tagName.text === 'example');
          if (example) documented.add(method.name.getText());
        }
        for (const method of methods) {
          const text = method.name.getText();
          if (!documented.has(text) && !plumbing.includes(text)) missing.push(`${node.name?.text}.${text}`);
        }
      });
    }
    expect(missing).toEqual([]);
  });

  it('every method and property that a user can name has a comment', () => {
    const program = ts.createProgram([`${SRC}index.ts`], {
      strict: true,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      types: [],
    });
    const checker = program.getTypeChecker();
    const index = program.getSourceFile(`${SRC}index.ts`);
    const exported = index === undefined ? undefined : checker.getSymbolAtLocation(index);
    const missing: string[] = [];
    let seen = 0;
    for (const symbol of exported === undefined ? [] : checker.getExportsOfModule(exported)) {
      const real = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      if (!(real.flags & ts.SymbolFlags.Class)) continue;
      for (const member of checker.getDeclaredTypeOfSymbol(real).getProperties()) {
        const own = member.declarations?.some((one) => one.getSourceFile().fileName.startsWith(SRC)) === true;
        const name = member.getName();
        const tags = member.getJsDocTags(checker).map((tag) => tag.name);
        if (!own || name.includes('#') || tags.includes('internal')) continue;
        seen += 1;
        if (member.getDocumentationComment(checker).length === 0) missing.push(`${symbol.getName()}.${name}`);
      }
    }
    expect(missing).toEqual([]);
    expect(seen).toBeGreaterThan(80);
  });
});
