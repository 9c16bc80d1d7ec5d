import { afterAll, beforeAll, beforeEach, describe, expect, expectTypeOf, it } from 'vitest';
import { createPlinth, type Plinth, type ReportResult } from '../src/index.js';
import { Recorder, refusal } from './recorder.js';

let server: Recorder;
let plinth: Plinth;

interface Collections {
  orders: { id: string; total: number; status: 'open' | 'completed' };
}

beforeAll(async () => {
  server = await Recorder.start();
});
afterAll(() => server.stop());
beforeEach(() => {
  server.reset();
  plinth = createPlinth({ url: server.url });
});

describe('reports', () => {
  const REPORT = { data: [{ status: 'open', total: 5 }], totalCount: 1 };
  const ASKED = { aggregate: { total: { function: 'sum', field: 'total' } }, groupBy: ['status'] } as const;

  it('generate sends the report as a body, query in the address', async () => {
    server.on('POST /reports/orders', { json: REPORT }).on('GET /reports/orders', { json: REPORT });
    const dateRange = { start: '2025-01-01', end: '2025-12-31' };
    expect(await plinth.reports.generate('orders', { ...ASKED, dateRange })).toEqual(REPORT);
    expect(server.lastJson).toEqual({ ...ASKED, dateRange });
    await plinth.reports.generate('orders');
    expect(server.lastJson).toEqual({});
    expect(await plinth.reports.query('orders', { ...ASKED, groupBy: 'status', limit: 3 })).toEqual(REPORT);
    await plinth.reports.query('orders');
    expect(server.lines.slice(2)).toEqual([
      'GET /reports/orders?aggregate={"total":{"function":"sum","field":"total"}}&groupBy=status&limit=3',
      'GET /reports/orders',
    ]);
  });

  it('getStats sends the list and resolves to the reports by name', async () => {
    server.on('POST /reports/stats', { json: { data: { sums: REPORT }, totalStats: 1, successfulStats: 1 } });
    const list = [{ name: 'sums', collection: 'orders', query: ASKED }];
    expect(await plinth.reports.getStats(list)).toEqual({ sums: REPORT });
    expect(server.lastJson).toEqual({ stats: list });
  });

  it('aggregate, count and distinct ask the list of items', async () => {
    server.on('GET /items/orders', { json: { data: [{ status: 'open' }, { status: null }], totalCount: 7 } });
    expect(await plinth.reports.aggregate('orders', ASKED)).toHaveLength(2);
    expect(await plinth.reports.count('orders', { status: { eq: 'open' } })).toBe(7);
    expect(await plinth.reports.count('orders')).toBe(7);
    expect(await plinth.reports.distinct('orders', 'status', { total: { gt: 1 } })).toEqual(['open', null]);
    expect(server.lines).toEqual([
      'GET /items/orders?aggregate={"total":{"function":"sum","field":"total"}}&groupBy=["status"]&limit=-1',
      'GET /items/orders?filter={"status":{"eq":"open"}}&limit=0',
      'GET /items/orders?limit=0',
      'GET /items/orders?filter={"total":{"gt":1}}&fields=["status"]&groupBy=["status"]&limit=-1',
    ]);
  });

  it('what is typed is checked, and what comes back has a type', async () => {
    server.on('GET /items/orders', { json: { data: [], totalCount: 0 } }).on('POST /reports/orders', { json: REPORT });
    const typed = createPlinth<Collections>({ url: server.url });
    expectTypeOf(await typed.reports.distinct('orders', 'status')).toEqualTypeOf<('open' | 'completed')[]>();
    const { data } = await typed.reports.generate('orders', ASKED);
    expectTypeOf(data[0]?.total).toEqualTypeOf<number | null | undefined>();
    expectTypeOf(await typed.reports.generate('orders')).toEqualTypeOf<ReportResult>();
    // @ts-expect-error a collection that is not one of them
    await typed.reports.count('ordrs').catch(() => undefined);
    // @ts-expect-error a value that the field never has
    await typed.reports.count('orders', { status: { eq: 'closed' } });
  });

  it('a name that would lead elsewhere is refused before anything is sent', async () => {
    await expect(plinth.reports.count('..')).rejects.toThrow('The name of the collection');
    await expect(plinth.reports.generate('')).rejects.toThrow('The name of the collection');
    expect(server.requests).toEqual([]);
  });
});

describe('the types of the collections', () => {
  it('come with their etag, and not at all while they are the same', async () => {
    server.on('GET /types', ({ headers }) =>
      headers['if-none-match'] === '"1"'
        ? { status: 304 }
        : { text: 'export type CollectionName = never;\n', headers: { ETag: '"1"' } },
    );
    const { text, etag } = await plinth.schemas.types({ target: 'sdk-types', numbers: 'exact' });
    expect([text, etag]).toEqual(['export type CollectionName = never;\n', '"1"']);
    expect(await plinth.schemas.types({ ifNoneMatch: etag })).toBeUndefined();
    expect(server.lines).toEqual(['GET /types?target=sdk-types&numbers=exact', 'GET /types']);
  });

  it('a refusal is an error like any other', async () => {
    server.on('GET /types', refusal(401, 'UNAUTHENTICATED', 'Authentication required'));
    await expect(plinth.schemas.types()).rejects.toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
  });
});
