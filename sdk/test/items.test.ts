import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createPlinth, PlinthError, type Plinth } from '../src/index.js';
import { Recorder, refusal } from './recorder.js';

let server: Recorder;
let plinth: Plinth;

beforeAll(async () => {
  server = await Recorder.start();
});
afterAll(() => server.stop());
beforeEach(() => {
  server.reset();
  plinth = createPlinth({ url: server.url });
});

const LIST = { json: { data: [{ id: 'a' }, { id: 'b' }], totalCount: 7 } };

describe('reads', () => {
  it('find sends each key as the wire contract writes it', async () => {
    server.on('GET /items/products', LIST);
    const result = await plinth.items('products').find({
      filter: { status: { eq: 'active' } },
      sort: { createdAt: 'desc' },
      limit: 20,
      page: 1,
    });
    expect(server.lines).toEqual([
      'GET /items/products?filter={"status":{"eq":"active"}}&sort={"createdAt":"desc"}&limit=20&page=1',
    ]);
    expect(result).toEqual(LIST.json);
  });

  it('encodes values as a form does and leaves out what is not set', async () => {
    server.on('GET /items/products', LIST);
    await plinth.items('products').find({
      search: 'a b&c=ü',
      searchFields: ['title'],
      sortByRelevance: true,
      limit: undefined,
      count: 'estimate',
    });
    expect(server.last.target).toBe(
      '/items/products?search=a+b%26c%3D%C3%BC&searchFields=%5B%22title%22%5D&sortByRelevance=true&count=estimate',
    );
  });

  it('find without parameters has no query, and findMany is find', async () => {
    server.on('GET /items/products', LIST);
    await plinth.items('products').find();
    await plinth.items('products').findMany({ offset: 5 });
    expect(server.lines).toEqual(['GET /items/products', 'GET /items/products?offset=5']);
  });

  it('findOne and get resolve to the item', async () => {
    server.on('GET /items/products/p1', { json: { data: { id: 'p1', name: 'Lamp' } } });
    const products = plinth.items('products');
    expect(await products.findOne('p1', { fields: ['*', 'category.*'] })).toEqual({ id: 'p1', name: 'Lamp' });
    expect(await products.get('p1', { paranoid: false })).toEqual({ id: 'p1', name: 'Lamp' });
    expect(server.lines).toEqual([
      'GET /items/products/p1?fields=["*","category.*"]',
      'GET /items/products/p1?paranoid=false',
    ]);
  });

  it('findOneWithEtag gives the ETag, or nothing when there is none', async () => {
    server.on('GET /items/products/1', { json: { data: { id: 1 } }, headers: { ETag: '"v7"' } });
    server.on('GET /items/products/2', { json: { data: { id: 2 } } });
    expect(await plinth.items('products').findOneWithEtag(1)).toEqual({ data: { id: 1 }, etag: '"v7"' });
    expect((await plinth.items('products').findOneWithEtag(2)).etag).toBeUndefined();
  });

  it('encodes ids that are not plain, and refuses those that name another route', async () => {
    server.on('GET /items/products/a%2Fb%3Fc%23d', { json: { data: { id: 'a/b?c#d' } } });
    const products = plinth.items('products');
    await products.findOne('a/b?c#d');
    expect(server.last.target).toBe('/items/products/a%2Fb%3Fc%23d');
    for (const id of ['', '.', '..']) {
      await expect(products.delete(id)).rejects.toMatchObject({ code: 'INVALID_ID', status: 400 });
    }
    expect(() => plinth.items('')).toThrow('The name of the collection is ""');
    expect(server.requests).toHaveLength(1);
  });

  it('0 is a key', async () => {
    server.on('GET /items/products/0', { json: { data: { id: 0 } } });
    expect(await plinth.items('products').findOne(0)).toEqual({ id: 0 });
  });

  it('aggregate resolves to the rows', async () => {
    server.on('GET /items/products', { json: { data: [{ category: 'x', total: 12 }], totalCount: 1 } });
    const rows = await plinth.items('products').aggregate({
      aggregate: { total: { function: 'sum', field: 'price' } },
      groupBy: ['category', 'status'],
      filter: { createdAt: { gte: '$NOW-DAYS_30' } },
    });
    expect(server.lines).toEqual([
      'GET /items/products?aggregate={"total":{"function":"sum","field":"price"}}&groupBy=["category","status"]&filter={"createdAt":{"gte":"$NOW-DAYS_30"}}',
    ]);
    expect(rows[0]?.total).toBe(12);
  });

  it('iterate follows the cursor to the end', async () => {
    const pages: Record<string, object> = {
      '': { data: [{ id: 1 }, { id: 2 }], cursor: 'c2' },
      c2: { data: [{ id: 3 }], cursor: null },
    };
    server.on('GET /items/events', ({ target }) => ({
      json: pages[new URLSearchParams(target.split('?')[1]).get('after') ?? 'none'],
    }));
    const seen: unknown[] = [];
    for await (const event of plinth.items('events').iterate({ sort: 'at' })) seen.push(event['id']);
    expect(seen).toEqual([1, 2, 3]);
    expect(server.lines).toEqual([
      'GET /items/events?limit=200&sort=at&count=none&after=',
      'GET /items/events?limit=200&sort=at&count=none&after=c2',
    ]);
  });

  it('export streams the reply', async () => {
    server.on('GET /items/products/export', { text: 'id,name\n1,Lamp\n' });
    const reply = await plinth.items('products').export({ filter: { id: { gt: 0 } }, fields: ['id', 'name'] });
    expect(await reply.text()).toBe('id,name\n1,Lamp\n');
    expect(server.lines).toEqual([
      'GET /items/products/export?format=csv&filter={"id":{"gt":0}}&fields=["id","name"]',
    ]);
    await plinth.items('products').export({ format: 'ndjson', sort: '-id' });
    expect(server.lines[1]).toBe('GET /items/products/export?format=ndjson&sort=-id');
    await plinth.items('products').export({ formulas: 'keep' });
    expect(server.lines[2]).toBe('GET /items/products/export?format=csv&formulas=keep');
    await plinth.items('products').export({ search: 'lamp', searchFields: ['name'] });
    expect(server.lines[3]).toBe(
      'GET /items/products/export?format=csv&search=lamp&searchFields=["name"]',
    );
  });

  it('a refused export rejects like any call', async () => {
    server.on('GET /items/products/export', refusal(403, 'FORBIDDEN', 'no'));
    await expect(plinth.items('products').export()).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});

describe('writes', () => {
  it('create and insert resolve to the id itself', async () => {
    server.on('POST /items/products', { status: 201, json: { data: { id: 'p1' } } });
    expect(await plinth.items('products').create({ name: 'Lamp', price: 29.99 })).toBe('p1');
    expect(server.lastJson).toEqual({ name: 'Lamp', price: 29.99 });
    expect(await plinth.items('products').insert({ name: 'Lamp' })).toBe('p1');
  });

  it('update patches, with If-Match when asked to', async () => {
    server.on('PATCH /items/products/p1', { json: { data: { id: 'p1' } } });
    expect(await plinth.items('products').update('p1', { price: 1 })).toBe('p1');
    expect(server.last.headers['if-match']).toBeUndefined();
    await plinth.items('products').update('p1', { price: 1 }, { ifMatch: '"v7"', headers: { 'X-A': 'b' } });
    expect(server.last.headers).toMatchObject({ 'if-match': '"v7"', 'x-a': 'b' });
  });

  it('delete resolves to nothing, with If-Match when asked to', async () => {
    server.on('DELETE /items/products/p1', { json: { data: { id: 'p1' } } });
    expect(await plinth.items('products').delete('p1', { ifMatch: '"v1"' })).toBeUndefined();
    expect(server.last).toMatchObject({ method: 'DELETE', body: '' });
    expect(server.last.headers['if-match']).toBe('"v1"');
  });

  it('the bulk calls use /bulk', async () => {
    server
      .on('POST /items/products/bulk', { status: 201, json: { data: ['a', 'b'] } })
      .on('PATCH /items/products/bulk', { json: { data: ['a', 'b'] } })
      .on('DELETE /items/products/bulk', { status: 204 });
    const products = plinth.items('products');
    expect(await products.createMany([{ name: 'A' }, { name: 'B' }])).toEqual(['a', 'b']);
    expect(server.lastJson).toEqual([{ name: 'A' }, { name: 'B' }]);
    expect(await products.updateMany(['a', 'b'], { status: 'archived' })).toEqual(['a', 'b']);
    expect(server.lastJson).toEqual([
      { id: 'a', data: { status: 'archived' } },
      { id: 'b', data: { status: 'archived' } },
    ]);
    expect(await products.deleteMany(['a', 'b'])).toBeUndefined();
    expect(server.lastJson).toEqual(['a', 'b']);
  });

  it('upsert is one request with its filter and its values', async () => {
    server.on('PUT /items/products', { json: { data: { id: 'a' } } });
    expect(await plinth.items('products').upsert({ sku: { eq: 'W' } }, { sku: 'W', price: 2 })).toBe('a');
    expect(server.lines).toEqual(['PUT /items/products']);
    expect(server.lastJson).toEqual({ filter: { sku: { eq: 'W' } }, data: { sku: 'W', price: 2 } });
  });

  it('upsert rejects when another field clashes', async () => {
    server.on('PUT /items/products', refusal(409, 'UNIQUE_VIOLATION', 'taken'));
    await expect(plinth.items('products').upsert({ sku: { eq: 'W' } }, { sku: 'W' })).rejects.toMatchObject({
      status: 409,
    });
  });

  it('softDelete and restore write deletedAt', async () => {
    server.on('PATCH /items/products/a', { json: { data: { id: 'a' } } });
    await plinth.items('products').softDelete('a');
    const { deletedAt } = server.lastJson as { deletedAt: string };
    expect(new Date(deletedAt).toISOString()).toBe(deletedAt);
    await plinth.items('products').restore('a');
    expect(server.lastJson).toEqual({ deletedAt: null });
  });

  it('sortItem and reorder use the sort route', async () => {
    server.on('POST /utils/sort/products', { json: { data: {} } });
    const products = plinth.items('products');
    await products.sortItem('a', 'b');
    expect(server.lastJson).toEqual({ item: 'a', to: 'b', mode: 'before' });
    await products.sortItem('a', 'b', 'after');
    expect(server.lastJson).toEqual({ item: 'a', to: 'b', mode: 'after' });
    server.requests.length = 0;
    await products.reorder(['c', 'a', 'b']);
    expect(server.requests.map((request) => JSON.parse(request.body) as unknown)).toEqual([
      { item: 'a', to: 'c', mode: 'after' },
      { item: 'b', to: 'a', mode: 'after' },
    ]);
  });

  it('batch of a collection names it in every step', async () => {
    const results = [{ op: 'create', collection: 'products', id: 'n' }];
    server.on('POST /items/batch', { json: { data: results } });
    expect(
      await plinth.items('products').batch([
        { op: 'create', data: { name: 'Lamp' } },
        { op: 'delete', id: 'x', expect: { name: 'Old' } },
      ]),
    ).toEqual(results);
    expect(server.lastJson).toEqual({
      operations: [
        { op: 'create', data: { name: 'Lamp' }, collection: 'products' },
        { op: 'delete', id: 'x', expect: { name: 'Old' }, collection: 'products' },
      ],
    });
  });

  it('batch over several collections, tried without writing', async () => {
    const preview = { statements: [{ sql: 'INSERT …' }], operations: 1 };
    server.on('POST /items/batch', { json: { data: preview } });
    const answer = await plinth.batch([{ op: 'create', collection: 'orders', data: {} }], { dryRun: true });
    expect(answer.statements[0]?.sql).toBe('INSERT …');
    expect(server.lastJson).toEqual({
      operations: [{ op: 'create', collection: 'orders', data: {} }],
      dryRun: true,
    });
    expect(await plinth.items('orders').batch([{ op: 'create', data: {} }], { dryRun: true })).toEqual(preview);
  });

  it('a refused batch tells which step and what stands there now', async () => {
    const details = [{ index: 1, field: 'price', expected: 10, current: 12 }];
    server.on('POST /items/batch', {
      status: 409,
      json: { message: 'changed', error: { message: 'changed', code: 'CONFLICT', statusCode: 409 }, details },
    });
    const error: unknown = await plinth.batch([]).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PlinthError);
    expect(error).toMatchObject({ code: 'CONFLICT', status: 409, details });
  });
});

describe('files', () => {
  it('importCSV sends multipart with the field csvFile', async () => {
    const results = { imported: 1, failed: 0, errors: [] };
    server.on('POST /items/products/import-csv', { json: { success: true, message: '', results } });
    const file = new Blob(['name\nLamp\n'], { type: 'text/csv' });
    expect(await plinth.items('products').importCSV(file)).toEqual(results);
    expect(server.last.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
    expect(server.last.body).toContain('name="csvFile"; filename="import.csv"');
    expect(server.last.body).toContain('Content-Type: text/csv');
    expect(server.last.body).toContain('name\nLamp\n');
  });

  it('importJSON sends multipart with the field jsonFile and the name of the file', async () => {
    const results = { imported: 2, failed: 0, errors: [] };
    server.on('POST /items/products/import-json', { json: { success: true, message: '', results } });
    const file = new File(['[{},{}]'], 'rows.json', { type: 'application/json' });
    expect(await plinth.items('products').importJSON(file)).toEqual(results);
    expect(server.last.body).toContain('name="jsonFile"; filename="rows.json"');
    expect(server.last.body).toContain('[{},{}]');
  });

  it('a refused import keeps the report of the server', async () => {
    const results = { imported: 1, failed: 1, errors: [{ row: 2, error: 'price: not a number' }] };
    server.on('POST /items/products/import-csv', refusal(400, 'IMPORT_FAILED', 'Import failed.', { details: { results } }));
    await expect(plinth.items('products').importCSV(new Blob(['x']))).rejects.toMatchObject({
      code: 'IMPORT_FAILED',
      details: [],
      body: { error: { details: { results } } },
    });
  });
});

describe('query builder', () => {
  it('sends only what was set', async () => {
    server.on('GET /items/posts', LIST);
    await plinth
      .items('posts')
      .query()
      .select('*', 'author.*', 'comments.*')
      .filter({ status: { eq: 'published' } })
      .sort({ createdAt: 'desc' })
      .limit(10)
      .page(1)
      .get();
    await plinth.items('posts').query().get();
    expect(server.lines).toEqual([
      'GET /items/posts?fields=["*","author.*","comments.*"]&filter={"status":{"eq":"published"}}&sort={"createdAt":"desc"}&limit=10&page=1',
      'GET /items/posts',
    ]);
  });

  it('knows every step by each of its names', async () => {
    server.on('GET /items/posts', LIST);
    const query = () => plinth.items('posts').query();
    await query().fields('id').where({ id: { eq: 1 } }).orderBy(['-id']).get();
    await query().select(['id', 'title']).offset(20).limit(10).get();
    await query().search('javascript', ['title', 'content']).get();
    await query().search('javascript').withDeleted().get();
    await query().select('*', 'comments.*').relFilter({ comments: { approved: { eq: true } } }).get();
    await query().aggregate({ n: { function: 'count', field: '*' } }).groupBy('status', 'kind').get();
    await query().groupBy(['status']).after('').get();
    expect(server.lines).toEqual([
      'GET /items/posts?fields=["id"]&filter={"id":{"eq":1}}&sort=["-id"]',
      'GET /items/posts?fields=["id","title"]&offset=20&limit=10',
      'GET /items/posts?search=javascript&searchFields=["title","content"]',
      'GET /items/posts?search=javascript&paranoid=false',
      'GET /items/posts?fields=["*","comments.*"]&relConditions={"comments":{"approved":{"eq":true}}}',
      'GET /items/posts?aggregate={"n":{"function":"count","field":"*"}}&groupBy=["status","kind"]',
      'GET /items/posts?groupBy=["status"]&after=',
    ]);
  });

  it('first takes one row or null, count takes none; both leave the query as it is', async () => {
    server.on('GET /items/posts', LIST);
    const query = plinth.items('posts').query().filter({ a: { eq: 1 } }).limit(5);
    expect(await query.first()).toEqual({ id: 'a' });
    expect(await query.count()).toBe(7);
    await query.get();
    expect(server.lines.map((line) => line.split('&')[1])).toEqual(['limit=1', 'limit=0', 'limit=5']);
    server.on('GET /items/posts', { json: { data: [], totalCount: 0 } });
    expect(await query.first()).toBeNull();
  });

  it('a second filter narrows the first', async () => {
    server.on('GET /items/posts', LIST);
    await plinth.items('posts').query().filter({ a: 1 }).filter({ b: 2 }).get();
    expect(server.lines).toEqual(['GET /items/posts?filter={"AND":[{"a":1},{"b":2}]}']);
  });
});
