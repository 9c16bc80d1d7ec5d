// The built ES modules in a real page of another origin than the server.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Recorder, refusal } from './recorder.js';

const DIST = fileURLToPath(new URL('../dist/esm', import.meta.url));
const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

if (!existsSync(CHROMIUM)) {
  console.warn(
    `\n${'!'.repeat(78)}\n!! SKIPPED: there is no Chromium at ${CHROMIUM} (set CHROMIUM_PATH)\n` +
      `!! The package was NOT tried in a browser.\n${'!'.repeat(78)}\n`,
  );
}

const PAGE = `<!doctype html><title>sdk</title>
<script type="module">import * as sdk from '/index.js'; globalThis.sdk = sdk;</script>`;

declare global {
  /** The built package, as the page loaded it. */
  var sdk: typeof import('../src/index.js');
}

describe.skipIf(!existsSync(CHROMIUM))('in Chromium', () => {
  let server: Recorder;
  let files: Server;
  let browser: Browser;
  let page: Page;
  let origin: string;

  beforeAll(async () => {
    server = await Recorder.start();
    files = createServer((request, response) => {
      const path = new URL(request.url ?? '/', 'http://x').pathname;
      if (path === '/') {
        response.writeHead(200, { 'Content-Type': 'text/html' }).end(PAGE);
        return;
      }
      readFile(DIST + path).then(
        (body) => response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(body),
        () => response.writeHead(404).end(),
      );
    });
    await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(files.address() as AddressInfo).port}`;
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
    page = await browser.newPage();
    await page.goto(origin);
  });
  afterAll(async () => {
    await browser.close();
    await new Promise((resolve) => files.close(resolve));
    await server.stop();
  });

  it('signs in, reads, renews, keeps the session over a reload, and signs out', async () => {
    server
      .on('POST /auth/login', {
        json: { token: 'access-1', refreshToken: 'refresh-1', expiresIn: 3600, user: { id: 'u', email: 'e' } },
      })
      .on('POST /auth/refresh', { json: { token: 'access-2', refreshToken: 'refresh-2', expiresIn: 3600 } })
      .on('GET /auth/logout', { json: { message: 'ok' } })
      .on('GET /items/products', ({ headers }) =>
        headers.authorization === 'Bearer access-2'
          ? { json: { data: [{ id: 1, name: 'Lamp' }], totalCount: 1 } }
          : refusal(401, 'TOKEN_EXPIRED', 'Token expired'),
      );

    const found = await page.evaluate(
      async (url) => {
        const { createPlinth } = globalThis.sdk;
        const plinth = createPlinth({ url, numbers: 'exact', strict: true, tenantId: 't1' });
        await plinth.auth.login({ email: 'e', password: 'p' });
        return plinth.items('products').find({ filter: { name: { eq: 'Lamp' } }, limit: 1 });
      },
      server.url,
    );
    expect(found).toEqual({ data: [{ id: 1, name: 'Lamp' }], totalCount: 1 });
    expect(server.lines).toEqual([
      'POST /auth/login',
      'GET /items/products?filter={"name":{"eq":"Lamp"}}&limit=1',
      'POST /auth/refresh',
      'GET /items/products?filter={"name":{"eq":"Lamp"}}&limit=1',
    ]);
    expect(server.last.headers).toMatchObject({
      origin,
      authorization: 'Bearer access-2',
      'accept-numbers': 'string',
      'x-plinth-strict': '1',
      'x-tenant-id': 't1',
    });

    await page.reload();
    const after = await page.evaluate(
      async (url) => {
        const { createPlinth } = globalThis.sdk;
        const plinth = createPlinth({ url });
        const state = await plinth.auth.initialize();
        const stored = localStorage.getItem('baasix_access_token');
        await plinth.auth.logout();
        return { state, stored, left: localStorage.length };
      },
      server.url,
    );
    expect(after).toEqual({
      state: { user: { id: 'u', email: 'e' }, isAuthenticated: true },
      stored: 'access-2',
      left: 0,
    });
  });

  it('sends files, aborts, and names what cannot be reached', async () => {
    const results = { imported: 1, failed: 0, errors: [] };
    server.on('POST /items/products/import-csv', { json: { results } });
    const outcome = await page.evaluate(
      async (url) => {
        const { createPlinth, PlinthError } = globalThis.sdk;
        const products = createPlinth({ url }).items('products');
        const file = new File(['name\nLamp\n'], 'lamps.csv', { type: 'text/csv' });
        const imported = await products.importCSV(file);
        const aborted = await products
          .find({}, { signal: AbortSignal.abort() })
          .catch((error: unknown) => (error as Error).name);
        const unreachable = await createPlinth({ url: 'http://127.0.0.1:1' })
          .server.health()
          .catch((error: unknown) => error instanceof PlinthError && error.code);
        return { imported, aborted, unreachable };
      },
      server.url,
    );
    expect(outcome).toEqual({ imported: results, aborted: 'AbortError', unreachable: 'NETWORK_ERROR' });
    expect(server.last.body).toContain('name="csvFile"; filename="lamps.csv"');
  });
});
