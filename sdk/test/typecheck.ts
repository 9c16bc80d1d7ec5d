import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));

/** A piece of text that is to be compiled as a module of its own. */
export interface Snippet {
  name: string;
  code: string;
}

// What a user gets: the declarations of the build.
const SDK = `${PACKAGE}dist/esm/index.d.ts`;

/** Modules the snippets import besides the SDK. */
const FOREIGN = `
declare module '@react-native-async-storage/async-storage' {
  const AsyncStorage: import('@plinth/sdk').AsyncStorageLike;
  export default AsyncStorage;
}
`;
const GENERATED = `
export interface Product { id: string; name: string; price: number }
export interface BaasixCollections { products: Product }
`;

/** Compiles the snippets with the strictness a user has; gives one line per complaint. */
export function complaints(snippets: readonly Snippet[]): string[] {
  const files = new Map<string, string>([
    [`${PACKAGE}test/snippets/foreign.d.ts`, FOREIGN],
    [`${PACKAGE}test/snippets/types/baasix.d.ts`, GENERATED],
  ]);
  snippets.forEach(({ code }, n) => files.set(`${PACKAGE}test/snippets/${n}.ts`, code));
  const options: ts.CompilerOptions = {
    strict: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    types: [],
    noEmit: true,
    skipLibCheck: true,
    paths: { '@plinth/sdk': [SDK] },
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (name) => files.has(name) || fileExists(name);
  const { directoryExists } = host;
  host.directoryExists = (name) => name.startsWith(`${PACKAGE}test/snippets`) || directoryExists?.(name) === true;
  host.readFile = (name) => files.get(name) ?? readFile(name);
  host.getSourceFile = (name, version, ...rest) => {
    const text = files.get(name);
    return text === undefined ? getSourceFile(name, version, ...rest) : ts.createSourceFile(name, text, version);
  };
  const program = ts.createProgram([...files.keys()], options, host);
  return ts.getPreEmitDiagnostics(program).map((diagnostic) => {
    const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n');
    const { file, start = 0 } = diagnostic;
    if (file === undefined) return text;
    const number = /snippets\/(\d+)\.ts$/.exec(file.fileName)?.[1];
    const name = number === undefined ? file.fileName : snippets[Number(number)]?.name;
    const { line } = file.getLineAndCharacterOfPosition(start);
    return `${name}: ${text}\n    ${file.text.split('\n')[line]?.trim()}`;
  });
}

const IMPORT = /^import\b[^;]*from '[^']+';$/gm;

/** A module around statements: their imports, what `context` declares, and the rest as a function. */
export function asModule(code: string, context: string): string {
  const imports = code.match(IMPORT) ?? [];
  return `${imports.join('\n')}\n${context}\nexport async function run() {\n${code.replace(IMPORT, '')}\n}\n`;
}
