// Two plain compilations of the same sources: ES modules and CommonJS, each with its own
// declarations; then the program, which imports the package by its name and so is checked here,
// where that name has declarations. The marker in dist/cjs tells Node that these .js files are
// CommonJS although the package itself is "type": "module".
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

rmSync(`${root}/dist`, { recursive: true, force: true });
for (const project of ['tsconfig.json', 'tsconfig.cjs.json', 'tsconfig.bin.json']) {
  const { status } = spawnSync(process.execPath, [tsc, '-p', project], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
mkdirSync(`${root}/dist/cjs`, { recursive: true });
writeFileSync(`${root}/dist/cjs/package.json`, '{ "type": "commonjs" }\n');
// The package travels without the repository, so its licences go along.
for (const licence of ['LICENSE-APACHE', 'LICENSE-MIT']) {
  copyFileSync(`${root}/../${licence}`, `${root}/dist/${licence}`);
}
