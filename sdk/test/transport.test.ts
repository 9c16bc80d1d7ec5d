import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BaasixError, createBaasix, createPlinth, PlinthError } from '../src/index.js';
import { gate, Recorder, refusal, until } from './recorder.js';

let server: Recorder;

beforeAll(async () => {
  server = await Recorder.start();
});
afterAll(() => server.stop());
beforeEach(() => server.reset());

async function failure(work: Promise<unknown>): Promise<PlinthError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof PlinthError)) throw new Error(`not a PlinthError: ${String(error)}`);
  return error;
}

describe('requests', () => {
  it('createBaasix and BaasixError are the same things under their former names', () => {
    expect(createBaasix).toBe(createPlinth);
    expect(BaasixError).toBe(PlinthError);
  });

  it('sends JSON headers always, and the others only when asked to', async () => {
    server.on('GET /health', { json: { status: 'ok' } });
    await createPlinth({ url: server.url }).server.health();
    expect(server.last.headers['content-type']).toBe('application/json');
    for (const name of ['authorization', 'x-tenant-id', 'accept-numbers', 'x-plinth-strict']) {
      expect(server.last.headers[name]).toBeUndefined();
    }
    await createPlinth({
      url: `${server.url}/some/path?x`,
      token: 'service',
      tenantId: 't1',
      numbers: 'exact',
      strict: true,
      headers: { 'X-App': 'a', 'X-Call': 'option' },
    }).server.health({ headers: { 'X-Call': 'call' } });
    expect(server.last.target).toBe('/health');
    expect(server.last.headers).toMatchObject({
      authorization: 'Bearer service',
      'x-tenant-id': 't1',
      'accept-numbers': 'string',
      'x-plinth-strict': '1',
      'x-app': 'a',
      'x-call': 'call',
    });
  });

  it('numbers are plain JSON numbers unless text was asked for', async () => {
    server.on('GET /items/p/1', ({ headers }) => ({
      text: headers['accept-numbers'] === 'string' ? '{"data":{"price":"12.10"}}' : '{"data":{"price":12.10}}',
    }));
    expect(await createPlinth({ url: server.url }).items('p').findOne(1)).toEqual({ price: 12.1 });
    expect(await createPlinth({ url: server.url, numbers: 'exact' }).items('p').findOne(1)).toEqual({
      price: '12.10',
    });
  });

  it('http reaches any route with any verb', async () => {
    for (const verb of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      server.on(`${verb} /custom`, ({ body }) => ({ json: { verb, body } }));
    }
    const { http } = createPlinth({ url: server.url });
    expect(await http.get('/custom', { params: { a: [1], b: 'x', c: null, d: true } })).toEqual({
      verb: 'GET',
      body: '',
    });
    expect(server.lines).toEqual(['GET /custom?a=[1]&b=x&d=true']);
    expect(await http.post('/custom', { a: 1 })).toEqual({ verb: 'POST', body: '{"a":1}' });
    expect(await http.put('/custom', [])).toEqual({ verb: 'PUT', body: '[]' });
    expect(await http.patch('/custom', 'x')).toEqual({ verb: 'PATCH', body: '"x"' });
    expect(await http.delete('/custom', null)).toEqual({ verb: 'DELETE', body: 'null' });
    expect(await http.request({ method: 'POST', path: '/custom' })).toEqual({ verb: 'POST', body: '' });
  });

  it('a FormData passes through as multipart', async () => {
    server.on('POST /custom', { json: {} });
    const form = new FormData();
    form.append('name', 'value');
    await createPlinth({ url: server.url }).http.post('/custom', form);
    expect(server.last.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
    expect(server.last.body).toContain('name="name"');
  });

  it('uses the fetch it is given', async () => {
    const asked: string[] = [];
    const plinth = createPlinth({
      url: 'https://plinth.invalid',
      fetch: (input) => {
        asked.push(String(input));
        return Promise.resolve(Response.json({ status: 'ok' }));
      },
    });
    expect(await plinth.server.health()).toEqual({ status: 'ok' });
    expect(asked).toEqual(['https://plinth.invalid/health']);
  });

  it('sends cookies only where they belong', async () => {
    const modes: (string | undefined)[] = [];
    const fetch: typeof globalThis.fetch = (_input, init) => {
      modes.push(init?.credentials);
      return Promise.resolve(Response.json({ status: 'ok' }));
    };
    await createPlinth({ url: 'http://x', fetch }).server.health();
    await createPlinth({ url: 'http://x', fetch, authMode: 'cookie' }).server.health();
    await createPlinth({ url: 'http://x', fetch, authMode: 'cookie', credentials: 'omit' }).server.health();
    expect(modes).toEqual(['same-origin', 'include', 'omit']);
  });

  it('says what is wrong with its options', () => {
    for (const url of ['', 'localhost:8056', '/api', 'ftp://x']) {
      expect(() => createPlinth({ url })).toThrow(`option "url" is ${JSON.stringify(url)}`);
    }
    expect(() => createPlinth({ url: 'http://x', token: 't', authMode: 'cookie' })).toThrow(
      '"token" cannot be used with authMode "cookie"',
    );
    for (const [option, slip] of [['authMode', 'cookies'], ['numbers', 'exactly']] as const) {
      expect(() => createPlinth({ url: 'http://x', [option]: slip })).toThrow(`option "${option}" is "${slip}"`);
    }
  });
});

describe('errors', () => {
  it('carry everything of the envelope', async () => {
    const details = [{ code: 'len', field: 'name', message: 'too short' }];
    const json = {
      message: 'Validation failed: name',
      error: {
        message: 'Validation failed: name',
        code: 'VALIDATION_ERROR',
        details: null,
        statusCode: 400,
        hint: 'give at least 3 characters',
      },
      details,
    };
    server.on('POST /items/p', { status: 400, json });
    const error = await failure(createPlinth({ url: server.url }).items('p').create({}));
    expect(error).toMatchObject({
      name: 'PlinthError',
      message: 'Validation failed: name',
      status: 400,
      code: 'VALIDATION_ERROR',
      details,
      hint: 'give at least 3 characters',
      isRetryable: false,
      body: json,
    });
  });

  it('read the other shapes a server or proxy may send', async () => {
    server
      .on('GET /a', { status: 400, json: { message: 'plain' } })
      .on('GET /b', { status: 400, json: { error: { message: 'inner', details: [{ field: 'x' }, 'no'] } } })
      .on('GET /c', { status: 502, text: '<h1>Bad Gateway</h1>' })
      .on('GET /d', { status: 500, json: null });
    const { http } = createPlinth({ url: server.url });
    expect(await failure(http.get('/a'))).toMatchObject({ message: 'plain', code: 'HTTP_400', details: [] });
    expect(await failure(http.get('/b'))).toMatchObject({ message: 'inner', details: [{ field: 'x' }] });
    expect(await failure(http.get('/c'))).toMatchObject({
      message: 'Bad Gateway',
      code: 'HTTP_502',
      body: '<h1>Bad Gateway</h1>',
      isRetryable: true,
    });
    expect(await failure(http.get('/d'))).toMatchObject({ message: 'Internal Server Error' });
  });

  it('429 tells how long to wait', async () => {
    server.on('GET /x', { ...refusal(429, 'RATE_LIMITED', 'slow down'), headers: { 'Retry-After': '7' } });
    const { http } = createPlinth({ url: server.url });
    expect(await failure(http.get('/x'))).toMatchObject({ code: 'RATE_LIMITED', retryAfter: 7, isRetryable: true });
    server.on('GET /x', refusal(429, 'RATE_LIMITED', 'slow down'));
    expect((await failure(http.get('/x'))).retryAfter).toBeUndefined();
  });

  it.each([
    [400, false],
    [401, false],
    [403, false],
    [404, false],
    [409, false],
    [412, false],
    [429, true],
    [500, true],
    [503, true],
  ])('status %i: isRetryable %s', async (status, retryable) => {
    server.on('GET /x', refusal(status, 'CODE', 'text'));
    const error = await failure(createPlinth({ url: server.url }).http.get('/x'));
    expect(error).toMatchObject({ status, isRetryable: retryable });
  });

  it('an unreachable server', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const error = await failure(createPlinth({ url: `http://127.0.0.1:${port}` }).server.health());
    expect(error).toMatchObject({ status: 0, code: 'NETWORK_ERROR', isRetryable: true });
    expect(error.message).toMatch(/^GET \/health: cannot reach http:\/\/127\.0\.0\.1:\d+ \(.*ECONNREFUSED/);
    expect(error.cause).toBeInstanceOf(Error);
  });

  it('a connection that breaks within the reply', async () => {
    server.on('GET /x', { json: { data: 'x'.repeat(1000) }, cut: true });
    const error = await failure(createPlinth({ url: server.url }).http.get('/x'));
    expect(error).toMatchObject({ status: 0, code: 'NETWORK_ERROR' });
    expect(error.message).toContain('GET /x: the connection ended before the reply did');
  });

  it('a reply that is not JSON', async () => {
    server.on('GET /x', { text: '<html>' });
    const error = await failure(createPlinth({ url: server.url }).http.get('/x'));
    expect(error).toMatchObject({ status: 200, code: 'INVALID_RESPONSE', body: '<html>', isRetryable: false });
  });

  it.each([200, 201, 202])('a reply %i without a body', async (status) => {
    server.on('GET /x', { status, text: '' });
    const error = await failure(createPlinth({ url: server.url }).http.get('/x'));
    expect(error).toMatchObject({ status, code: 'INVALID_RESPONSE', body: '', isRetryable: false });
    expect(error.message).toContain(`GET /x: the reply has status ${String(status)} and no body`);
  });

  it.each([204, 205])('a reply %i says itself that it has none', async (status) => {
    server.on('DELETE /x', { status });
    await expect(createPlinth({ url: server.url }).http.delete('/x')).resolves.toBeUndefined();
  });
});

describe('limits', () => {
  it('the time limit of the client, of a call, and none', async () => {
    const { opened, open } = gate();
    server.on('GET /slow', async () => {
      await opened;
      return { json: 1 };
    });
    const { http } = createPlinth({ url: server.url, timeout: 30 });
    const error = await failure(http.get('/slow'));
    expect(error).toMatchObject({ status: 408, code: 'TIMEOUT', isRetryable: true });
    expect(error.message).toContain('GET /slow: no answer within 30 ms');
    expect(await failure(http.get('/slow', { timeout: 5 }))).toMatchObject({ code: 'TIMEOUT' });
    const patient = http.get('/slow', { timeout: 0 });
    setTimeout(open, 60);
    expect(await patient).toBe(1);
  });

  it('a limit longer than a timer can count does not fire at once', async () => {
    server.on('GET /x', { json: 1 });
    expect(await createPlinth({ url: server.url, timeout: 2 ** 40 }).http.get('/x')).toBe(1);
  });

  it('the signal of the caller ends a call with its own reason', async () => {
    server.on('GET /slow', () => new Promise(() => undefined));
    const { http } = createPlinth({ url: server.url });
    const controller = new AbortController();
    const call = http.get('/slow', { signal: controller.signal });
    await until(() => server.requests.length === 1);
    const reason = new Error('the user left');
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    await expect(http.get('/slow', { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    expect(server.requests).toHaveLength(1);
  });

  it('every method takes a signal', async () => {
    const plinth = createPlinth({ url: server.url });
    const items = plinth.items('p');
    const options = { signal: AbortSignal.abort('over') };
    const file = new Blob(['x']);
    const change = { collections: [], drop: [] };
    const calls: (() => Promise<unknown>)[] = [
      () => items.find({}, options),
      () => items.findMany({}, options),
      () => items.findOne(1, {}, options),
      () => items.get(1, {}, options),
      () => items.findOneWithEtag(1, {}, options),
      () => items.create({}, options),
      () => items.insert({}, options),
      () => items.update(1, {}, options),
      () => items.delete(1, options),
      () => items.createMany([], options),
      () => items.updateMany([], {}, options),
      () => items.deleteMany([], options),
      () => items.upsert({}, {}, options),
      () => items.softDelete(1, options),
      () => items.restore(1, options),
      () => items.aggregate({ aggregate: {} }, options),
      () => items.importCSV(file, options),
      () => items.importJSON(file, options),
      () => items.export(options),
      () => items.batch([], options),
      () => items.iterate({}, options).next(),
      () => items.sortItem(1, 2, 'before', options),
      () => items.reorder([1, 2], options),
      () => items.query().get(options),
      () => items.query().first(options),
      () => items.query().count(options),
      () => plinth.batch([], options),
      () => plinth.auth.login({ email: '', password: '' }, options),
      () => plinth.auth.register({ email: '', password: '' }, options),
      () => plinth.auth.setup({ token: 't', email: '', password: '' }, options),
      () => plinth.auth.changePassword('a', 'b', options),
      () => plinth.auth.getUser(options),
      () => plinth.auth.me(options),
      () => plinth.auth.checkSession(options),
      () => plinth.schemas.find({}, options),
      () => plinth.schemas.findOne('p', options),
      () => plinth.schemas.create({ collectionName: 'p', schema: { fields: {} } }, options),
      () => plinth.schemas.create('p', { fields: {} }, options),
      () => plinth.schemas.update('p', { schema: {} }, options),
      () => plinth.schemas.delete('p', options),
      () => plinth.schemas.addField('p', 'f', {}, options),
      () => plinth.schemas.removeField('p', 'f', options),
      () => plinth.schemas.createRelationship('p', { type: 'M2O', name: 'r' }, options),
      () => plinth.schemas.updateRelationship('p', 'r', {}, options),
      () => plinth.schemas.deleteRelationship('p', 'r', options),
      () => plinth.schemas.createIndex('p', { fields: [] }, options),
      () => plinth.schemas.deleteIndex('p', 'i', options),
      () => plinth.schemas.plan(change, options),
      () => plinth.schemas.apply({ ...change, token: 't' }, options),
      () => plinth.users.findByEmail('e', options),
      () => plinth.users.suspend('u', options),
      () => plinth.users.activate('u', options),
      () => plinth.users.changePassword('u', 'p', options),
      () => plinth.roles.findByName('r', options),
      () => plinth.permissions.find({}, options),
      () => plinth.permissions.findByRole('r', options),
      () => plinth.permissions.findByCollection('c', options),
      () => plinth.permissions.findOne('p', options),
      () => plinth.permissions.create({ role_Id: 'r', collection: 'c', action: 'read' }, options),
      () => plinth.permissions.update('p', {}, options),
      () => plinth.permissions.delete('p', options),
      () => plinth.permissions.createCrudPermissions('r', 'c', {}, options),
      () => plinth.permissions.reloadCache(options),
      () => plinth.permissions.export(options),
      () => plinth.permissions.import({ permissions: [] }, options),
      () => plinth.permissions.getRoles(options),
      () => plinth.imports.start({ file, collection: 'c', format: 'csv' }, options),
      () => plinth.imports.get('i', options),
      () => plinth.imports.list(options),
      () => plinth.imports.rejects('i', options),
      () => plinth.imports.undo('i', options),
      () => plinth.imports.cancel('i', options),
      () => plinth.access.me(options),
      () => plinth.server.health(options),
    ];
    for (const call of calls) await expect(call(), call.toString()).rejects.toBe('over');
    // Signing out is done here whatever becomes of the request.
    await plinth.auth.logout(options);
    expect(server.requests).toHaveLength(0);
  });

  it('a stream can be aborted after it has begun, and its time limit is over by then', async () => {
    const { opened, open } = gate();
    const chunk = 'x'.repeat(10);
    const fetch: typeof globalThis.fetch = (_input, init) =>
      Promise.resolve(
        new Response(
          new ReadableStream({
            async start(controller) {
              controller.enqueue(new TextEncoder().encode(chunk));
              init?.signal?.addEventListener('abort', () => controller.error(init.signal?.reason));
              await opened;
            },
          }),
        ),
      );
    const controller = new AbortController();
    const plinth = createPlinth({ url: 'http://x', fetch, timeout: 20 });
    const reply = await plinth.items('p').export({ signal: controller.signal });
    const reader = reply.body?.getReader();
    expect((await reader?.read())?.value).toHaveLength(10);
    await new Promise((resolve) => setTimeout(resolve, 40));
    const next = reader?.read();
    controller.abort('enough');
    await expect(next).rejects.toBe('enough');
    open();
  });
});
