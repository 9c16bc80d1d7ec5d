#!/usr/bin/env node
// `npx plinth generate`: the types of a running server, kept in a file of the project. The server
// writes them; this signs in, fetches them and keeps the file. The program `plinth` does the same.
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createPlinth, MemoryAdapter, PlinthError, type Plinth, type TypesTarget } from '@plinth/sdk';

const USAGE = `plinth generate: writes the types of a running server's collections to a file

  npx plinth generate --url http://localhost:8056 --output src/types/baasix.d.ts

  --url <address>      the server; else PLINTH_URL, BAASIX_URL or API_URL, else http://localhost:8056
  -o, --output <file>  baasix.d.ts (sdk-types: baasix.ts, schema-json: schemas.json) when not given
  -t, --target <what>  types (default), sdk-types, schema-json
  --numbers <how>      number (default) or exact, as the client is made
  -c, --cwd <folder>   the project: of its .env, and of the file
  -w, --watch          stays, and writes the file again whenever the collections change
  -y, --yes            taken from scripts that say it; nothing is ever asked

It signs in with PLINTH_EMAIL and PLINTH_PASSWORD, or with PLINTH_TOKEN, from the environment or
from .env (BAASIX_EMAIL, BAASIX_PASSWORD, BAASIX_TOKEN and ADMIN_EMAIL, ADMIN_PASSWORD will do).
"types" and "gen" are other names of "generate".
`;

/** The file of each target when none is named. */
const FILES: Readonly<Record<TypesTarget, string>> = {
  types: 'baasix.d.ts',
  'sdk-types': 'baasix.ts',
  'schema-json': 'schemas.json',
};

const WATCH_EVERY_MS = 1_000;
const WAIT_MS = 30_000;

/** What the caller has to put right; anything else is a fault of the program and is shown whole. */
class Refusal extends Error {
  constructor(
    message: string,
    readonly hint?: string,
  ) {
    super(message);
  }
}

type Settings = ReadonlyMap<string, string>;

/** `KEY=value` lines, with or without `export`, quotes and remarks. */
function dotEnv(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trim().replace(/^export /, '');
    const equals = line.indexOf('=');
    if (line.startsWith('#') || equals === -1) continue;
    const rest = line.slice(equals + 1).trim();
    const value = /^(["'`])(.*?)\1/.exec(rest)?.[2] ?? rest.split(' #')[0]?.trimEnd() ?? '';
    if (value !== '') found.set(line.slice(0, equals).trim(), value);
  }
  return found;
}

/** The environment, and behind it the `.env` of the project. */
async function settingsOf(folder: string): Promise<Settings> {
  let text = '';
  try {
    text = await readFile(join(folder, '.env'), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const settings = dotEnv(text);
  for (const [name, value] of Object.entries(process.env)) if (value) settings.set(name, value);
  return settings;
}

function first(settings: Settings, ...names: string[]): string | undefined {
  return names.map((name) => settings.get(name)).find((value) => value !== undefined);
}

/** A client of the server, signed in with what the settings have. */
async function signedIn(url: string, settings: Settings): Promise<Plinth> {
  if (!/^https?:\/\/[^/?#\s]+/i.test(url)) {
    throw new Refusal(`"${url}" is not the address of a server`, 'give it whole, for example --url http://localhost:8056');
  }
  const token = first(settings, 'PLINTH_TOKEN', 'BAASIX_TOKEN', 'BAASIX_AUTH_TOKEN');
  const options = { url, storage: new MemoryAdapter(), timeout: WAIT_MS };
  if (token !== undefined) return createPlinth({ ...options, token });
  const plinth = createPlinth(options);
  const email = first(settings, 'PLINTH_EMAIL', 'BAASIX_EMAIL', 'ADMIN_EMAIL');
  const password = first(settings, 'PLINTH_PASSWORD', 'BAASIX_PASSWORD', 'ADMIN_PASSWORD');
  // Without an account the server is asked as a stranger.
  if (email !== undefined && password !== undefined) await plinth.auth.login({ email, password });
  return plinth;
}

/** Puts the text in place in one step, so that no compiler reads half of it; not when it is there. */
async function put(path: string, text: string): Promise<boolean> {
  if ((await readFile(path, 'utf8').catch(() => undefined)) === text) return false;
  const beside = join(dirname(path), `.${basename(path)}.${process.pid}`);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(beside, text);
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw new Refusal(`${path} cannot be written: ${(error as Error).message}`);
  }
  return true;
}

async function generate(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      url: { type: 'string' },
      output: { type: 'string', short: 'o' },
      target: { type: 'string', short: 't', default: 'types' },
      numbers: { type: 'string', default: 'number' },
      cwd: { type: 'string', short: 'c', default: '.' },
      watch: { type: 'boolean', short: 'w', default: false },
      yes: { type: 'boolean', short: 'y', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const { numbers, watch } = values;
  const target = values.target as TypesTarget;
  if (!Object.hasOwn(FILES, target)) {
    throw new Refusal(`there is no target "${target}"`, `one of: ${Object.keys(FILES).join(', ')}`);
  }
  if (numbers !== 'number' && numbers !== 'exact') {
    throw new Refusal(`numbers are not written "${numbers}"`, 'number or exact, as the client is made');
  }
  const output = values.output ?? FILES[target];
  if (target === 'sdk-types' && output.endsWith('.d.ts')) {
    throw new Refusal(
      `${output} holds declarations alone, and sdk-types hold a function`,
      'name a .ts file with --output, or take --target types',
    );
  }
  const settings = await settingsOf(values.cwd);
  const url = values.url ?? first(settings, 'PLINTH_URL', 'BAASIX_URL', 'API_URL') ?? 'http://localhost:8056';
  const plinth = await signedIn(url, settings);
  const path = resolve(values.cwd, output);
  let known: string | undefined;
  let away = false;
  do {
    if (known !== undefined) await setTimeout(WATCH_EVERY_MS);
    try {
      const found = await plinth.schemas.types({ target, numbers, ifNoneMatch: known });
      if (found !== undefined) {
        const done = await put(path, found.text);
        console.log(`${join(values.cwd, output)}: ${done ? 'written' : 'already so'}`);
        known = found.etag;
      }
      away = false;
    } catch (error) {
      // Who watches has the server restarted now and then.
      if (known === undefined || !(error instanceof PlinthError) || !error.isRetryable) throw error;
      if (!away) console.log(`${error.message}; waiting for it`);
      away = true;
    }
  } while (watch);
}

const [command = '--help', ...rest] = process.argv.slice(2);
try {
  if (['generate', 'types', 'gen'].includes(command)) {
    await generate(rest);
  } else if (['--help', '-h', 'help'].includes(command)) {
    process.stdout.write(USAGE);
  } else {
    throw new Refusal(`there is no command "${command}"`, 'plinth --help says what there is');
  }
} catch (error) {
  const refused = error instanceof PlinthError && [401, 403].includes(error.status);
  const hint = refused
    ? 'set PLINTH_EMAIL and PLINTH_PASSWORD, or PLINTH_TOKEN, in the environment or in .env'
    : error instanceof Refusal || error instanceof PlinthError
      ? error.hint
      : undefined;
  const known = hint !== undefined || error instanceof Refusal || error instanceof PlinthError;
  const wrongFlag = error instanceof TypeError && 'code' in error;
  console.error(`plinth: ${known || wrongFlag ? (error as Error).message : String((error as Error).stack)}`);
  if (hint !== undefined) console.error(`  ${hint}`);
  process.exitCode = 1;
}
