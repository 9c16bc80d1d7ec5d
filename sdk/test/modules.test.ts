import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createPlinth, type ImportJob, type Plinth, type SchemaInfo, type SchemaPlan } from '../src/index.js';
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

describe('templates', () => {
  it('are told by type and shown', async () => {
    const types = { types: [], commonVariables: ['project_name'] };
    const one = { type: 'a/b', subject: 'Hello' };
    const mail = { subject: 'Hello', html: '<p>', text: '', unknown: ['naem'] };
    server
      .on('GET /templates/types', { json: { data: types } })
      .on('GET /templates/defaults', { json: { data: { templates: [one], commonVariables: [] } } })
      .on('GET /templates/default/a%2Fb', { json: { data: one } })
      .on('GET /templates/default/none', { json: { data: null, message: 'none' } })
      .on('POST /templates/preview', { json: { data: mail } });
    const { templates } = plinth;
    expect(await templates.types()).toEqual(types);
    expect((await templates.defaults()).templates).toEqual([one]);
    expect(await templates.default('a/b')).toEqual(one);
    expect(await templates.default('none')).toBeNull();
    expect(await templates.preview({ type: 'welcome', variables: { name: 'Ada' } })).toEqual(mail);
    expect(server.lastJson).toEqual({ type: 'welcome', variables: { name: 'Ada' } });
    await templates.preview({ body: '{{ naem }}' }, { tenantId: 'tenant-1' });
    expect(server.lastJson).toEqual({ body: '{{ naem }}', tenant_id: 'tenant-1' });
  });
});

describe('tokens', () => {
  it('are made, listed and revoked', async () => {
    const record = { id: 'a/b', name: 'Nightly', prefix: 'bsx_12345678' };
    server
      .on('POST /auth/tokens', { status: 201, json: { data: { ...record, token: 'bsx_whole' } } })
      .on('GET /auth/tokens', { json: { data: [record] } })
      .on('DELETE /auth/tokens/a%2Fb', { json: { message: 'API token revoked' } });
    const { tokens } = plinth;
    const expiresAt = new Date(Date.UTC(2030, 0, 31));
    const made = await tokens.create({ name: 'Nightly', scopes: ['read:products'], expiresAt, roleId: 'r', tenantId: 't' });
    expect(made.token).toBe('bsx_whole');
    const asked = { name: 'Nightly', scopes: ['read:products'], expiresAt: '2030-01-31T00:00:00.000Z', role_Id: 'r', tenant_Id: 't' };
    expect(server.lastJson).toEqual(asked);
    await tokens.create({ name: 'For ever', expiresAt: null });
    expect(server.lastJson).toEqual({ name: 'For ever', expiresAt: null });
    expect(await tokens.list()).toEqual([record]);
    await tokens.list({ userId: 'u' });
    await tokens.revoke('a/b');
    expect(server.lines.slice(2)).toEqual(['GET /auth/tokens', 'GET /auth/tokens?userId=u', 'DELETE /auth/tokens/a/b']);
  });
});

describe('settings', () => {
  const SETTINGS = { id: 1, project_name: 'Shop', appName: 'Shop', theme: 'dark', title: null };

  it('are read whole, by key and by address', async () => {
    server
      .on('GET /settings', { json: { data: SETTINGS } })
      .on('GET /settings/by-app-url', { json: { data: SETTINGS } })
      .on('GET /settings/branding', { json: { data: { project_name: 'Shop' } } });
    const { settings } = plinth;
    expect(await settings.get()).toEqual(SETTINGS);
    expect(await settings.get({ tenantId: 'tenant-1' })).toEqual(SETTINGS);
    expect(await settings.getKey('theme')).toBe('dark');
    expect(await settings.getKey('title')).toBeNull();
    expect(await settings.getKey('toString')).toBeNull();
    expect(await settings.getByAppUrl('https://app.example.com')).toEqual(SETTINGS);
    expect(await settings.getBranding()).toEqual({ project_name: 'Shop' });
    expect(server.lines).toEqual([
      'GET /settings',
      'GET /settings?tenant_id=tenant-1',
      'GET /settings',
      'GET /settings',
      'GET /settings',
      'GET /settings/by-app-url?appUrl=https://app.example.com',
      'GET /settings/branding',
    ]);
  });

  it('are changed, read anew and taken from a tenant', async () => {
    server
      .on('PATCH /settings', { json: { data: SETTINGS } })
      .on('POST /settings/reload', { json: { message: 'reloaded' } })
      .on('DELETE /settings/tenant', { json: { message: 'gone' } });
    const { settings } = plinth;
    expect(await settings.update({ appName: 'Shop', theme: 'dark' })).toEqual(SETTINGS);
    expect(server.lastJson).toEqual({ appName: 'Shop', theme: 'dark' });
    await settings.set('theme', null, { tenantId: 'tenant-1' });
    expect(server.lastJson).toEqual({ theme: null });
    await settings.reload();
    await settings.deleteTenant();
    await settings.deleteTenant({ tenantId: 'tenant-1' });
    expect(server.lines).toEqual([
      'PATCH /settings',
      'PATCH /settings?tenant_id=tenant-1',
      'POST /settings/reload',
      'DELETE /settings/tenant',
      'DELETE /settings/tenant?tenant_id=tenant-1',
    ]);
  });

  it('a mail that cannot be sent is an error with its reason', async () => {
    server.on('POST /settings/test-email', refusal(400, 'MAIL_FAILED', 'no mail'));
    const failed = { status: 400, code: 'MAIL_FAILED', message: 'no mail' };
    await expect(plinth.settings.testEmail('a@example.com')).rejects.toMatchObject(failed);
    expect(server.lastJson).toEqual({ to: 'a@example.com' });
  });

  it('the server tells what it is', async () => {
    server.on('GET /', { json: { project: { name: 'Shop' }, version: '1' } });
    expect(await plinth.server.info()).toEqual({ project: { name: 'Shop' }, version: '1' });
    await plinth.server.info({ tenantId: 'tenant-1' });
    expect(server.lines).toEqual(['GET /', 'GET /?tenant_id=tenant-1']);
  });
});

describe('schemas', () => {
  const INFO: SchemaInfo = {
    collectionName: 'products',
    schema: { fields: { id: { type: 'UUID' }, name: { type: 'String' } } },
  };

  it('find sends the sort as the schema routes want it', async () => {
    const list = { data: [INFO], totalCount: 1 };
    server.on('GET /schemas', { json: list });
    expect(await plinth.schemas.find()).toEqual(list);
    await plinth.schemas.find({ page: 2, limit: 10, search: 'pro', filter: { collectionName: 'x' } });
    await plinth.schemas.find({ sort: 'collectionName:asc' });
    await plinth.schemas.find({ sort: { collectionName: 'desc', createdAt: 'asc' } });
    await plinth.schemas.find({ sort: [{ field: 'collectionName', order: 'desc' }] });
    await plinth.schemas.find({ sort: ['-collectionName', 'createdAt', 'a:desc'] });
    expect(server.lines).toEqual([
      'GET /schemas',
      'GET /schemas?page=2&limit=10&search=pro&filter={"collectionName":"x"}',
      'GET /schemas?sort=collectionName:asc',
      'GET /schemas?sort=collectionName:desc,createdAt:asc',
      'GET /schemas?sort=collectionName:desc',
      'GET /schemas?sort=collectionName:desc,createdAt:asc,a:desc',
    ]);
  });

  it('create takes one object or a name and a definition', async () => {
    server.on('POST /schemas', { status: 201, json: { message: 'created', data: INFO } });
    const schema = { fields: { name: { type: 'String' } } } as const;
    expect(await plinth.schemas.create('products', schema)).toEqual(INFO);
    expect(server.lastJson).toEqual({ collectionName: 'products', schema });
    expect(await plinth.schemas.create({ collectionName: 'products', schema })).toEqual(INFO);
    expect(server.lastJson).toEqual({ collectionName: 'products', schema });
  });

  it('findOne, update and delete', async () => {
    server
      .on('GET /schemas/products', { json: { data: INFO } })
      .on('PATCH /schemas/products', { json: { message: 'updated', data: INFO } })
      .on('DELETE /schemas/products', { json: { message: 'deleted' } });
    expect(await plinth.schemas.findOne('products')).toEqual(INFO);
    expect(await plinth.schemas.update('products', { schema: { paranoid: true } })).toEqual(INFO);
    expect(server.lastJson).toEqual({ schema: { paranoid: true } });
    expect(await plinth.schemas.delete('products')).toEqual({ message: 'deleted' });
  });

  it('addField and removeField send the whole set of fields', async () => {
    server
      .on('GET /schemas/products', { json: { data: INFO } })
      .on('PATCH /schemas/products', { json: { message: 'updated', data: INFO } });
    await plinth.schemas.addField('products', 'price', { type: 'Decimal' });
    expect(server.lastJson).toEqual({ schema: { fields: { ...INFO.schema.fields, price: { type: 'Decimal' } } } });
    await plinth.schemas.removeField('products', 'name');
    expect(server.lastJson).toEqual({ schema: { fields: { id: { type: 'UUID' } } } });
    expect(server.lines).toEqual([
      'GET /schemas/products',
      'PATCH /schemas/products',
      'GET /schemas/products',
      'PATCH /schemas/products',
    ]);
  });

  it('relations and indexes', async () => {
    const done = { json: { message: 'done' } };
    server
      .on('POST /schemas/products/relationships', done)
      .on('PATCH /schemas/products/relationships/category', done)
      .on('DELETE /schemas/products/relationships/category', done)
      .on('POST /schemas/products/indexes', done)
      .on('DELETE /schemas/products/indexes/products_sku_idx', done);
    const { schemas } = plinth;
    const relation = { type: 'M2O', target: 'categories', name: 'category', alias: 'products' } as const;
    expect(await schemas.createRelationship('products', relation)).toEqual({ message: 'done' });
    expect(server.lastJson).toEqual(relation);
    await schemas.updateRelationship('products', 'category', { onDelete: 'SET NULL' });
    expect(server.lastJson).toEqual({ onDelete: 'SET NULL' });
    await schemas.deleteRelationship('products', 'category');
    await schemas.createIndex('products', { fields: ['sku'], unique: true });
    expect(server.lastJson).toEqual({ fields: ['sku'], unique: true });
    await schemas.deleteIndex('products', 'products_sku_idx');
    expect(server.lines).toHaveLength(5);
  });

  it('export and import', async () => {
    const changes = { created: ['products'], updated: [], unchanged: [], deleted: [], errors: [] };
    server
      .on('GET /schemas/export', { json: { data: [INFO] } })
      .on('POST /schemas/import', { json: { message: 'done', changes, data: changes } });
    expect(await plinth.schemas.export()).toEqual([INFO]);
    expect(await plinth.schemas.import([INFO])).toEqual(changes);
    expect(server.lastJson).toEqual({ schemas: [INFO] });
  });

  it('plan and apply', async () => {
    const plan: SchemaPlan = {
      token: 'p1',
      store: 'sqlite',
      steps: [
        {
          op: 'drop_collection',
          collection: 'tags',
          summary: 'Drop "tags"',
          sql: ['DROP TABLE tags'],
          lossy: true,
          examples: [],
        },
      ],
      references: [],
    };
    server
      .on('POST /schemas/plan', { json: { data: plan } })
      .on('POST /schemas/apply', { json: { message: 'applied', data: { steps: plan.steps } } });
    const change = { collections: [], drop: ['tags'] };
    expect(await plinth.schemas.plan(change)).toEqual(plan);
    expect(server.lastJson).toEqual(change);
    expect(await plinth.schemas.apply({ ...change, token: plan.token })).toEqual({ steps: plan.steps });
    expect(server.lastJson).toEqual({ ...change, token: 'p1' });
    server.on('POST /schemas/apply', refusal(409, 'PLAN_STALE', 'the catalog moved'));
    await expect(plinth.schemas.apply({ ...change, token: 'p1' })).rejects.toMatchObject({ code: 'PLAN_STALE' });
  });
});

describe('users and roles', () => {
  it('users are the items of baasix_User', async () => {
    server
      .on('GET /items/baasix_User', { json: { data: [{ id: 'u', email: 'e' }], totalCount: 1 } })
      .on('POST /items/baasix_User', { status: 201, json: { data: { id: 'u' } } })
      .on('PATCH /items/baasix_User/u', { json: { data: { id: 'u' } } })
      .on('DELETE /items/baasix_User/u', { json: { data: { id: 'u' } } })
      .on('POST /auth/admin/change-password', { json: { message: 'ok' } });
    const { users } = plinth;
    expect((await users.find({ filter: { status: { eq: 'active' } } })).data).toHaveLength(1);
    expect(await users.findByEmail('e')).toEqual({ id: 'u', email: 'e' });
    expect(await users.create({ email: 'e', password: 'p', role_Id: 'r' })).toBe('u');
    expect(server.lastJson).toEqual({ email: 'e', password: 'p', role_Id: 'r' });
    await users.suspend('u');
    expect(server.lastJson).toEqual({ status: 'suspended' });
    await users.activate('u');
    expect(server.lastJson).toEqual({ status: 'active' });
    await users.delete('u');
    await users.changePassword('u', 'new');
    expect(server.lastJson).toEqual({ userId: 'u', password: 'new' });
    expect(server.lines.slice(0, 2)).toEqual([
      'GET /items/baasix_User?filter={"status":{"eq":"active"}}',
      'GET /items/baasix_User?filter={"email":{"eq":"e"}}&limit=1',
    ]);
  });

  it('roles are the items of baasix_Role', async () => {
    server
      .on('GET /items/baasix_Role', { json: { data: [], totalCount: 0 } })
      .on('POST /items/baasix_Role', { status: 201, json: { data: { id: 'r' } } });
    expect((await plinth.roles.find()).data).toEqual([]);
    expect(await plinth.roles.findByName('Editor')).toBeNull();
    expect(await plinth.roles.create({ name: 'Editor', appAccess: true })).toBe('r');
    expect(server.lines).toEqual([
      'GET /items/baasix_Role',
      'GET /items/baasix_Role?filter={"name":{"eq":"Editor"}}&limit=1',
      'POST /items/baasix_Role',
    ]);
  });
});

describe('permissions', () => {
  const ROW = { id: 'p', role_Id: 'r', collection: 'posts', action: 'read', fields: ['*'] };

  it('reads', async () => {
    server
      .on('GET /permissions', { json: { data: [ROW], totalCount: 1 } })
      .on('GET /permissions/p', { json: { data: ROW } })
      .on('GET /items/baasix_Role', { json: { data: [], totalCount: 0 } });
    const { permissions } = plinth;
    expect((await permissions.find({ limit: 5, page: 2 })).data).toEqual([ROW]);
    await permissions.findByRole('r');
    await permissions.findByCollection('posts');
    expect(await permissions.findOne('p')).toEqual(ROW);
    await permissions.getRoles();
    expect(server.lines).toEqual([
      'GET /permissions?limit=5&page=2',
      'GET /permissions?filter={"role_Id":{"eq":"r"}}&limit=-1',
      'GET /permissions?filter={"collection":{"eq":"posts"}}&limit=-1',
      'GET /permissions/p',
      'GET /items/baasix_Role?limit=-1',
    ]);
  });

  it('writes', async () => {
    server
      .on('POST /permissions', { status: 201, json: { ...ROW, data: ROW } })
      .on('PATCH /permissions/p', { json: { ...ROW, data: ROW } })
      .on('DELETE /permissions/p', { status: 204 })
      .on('POST /permissions/reload', { json: { message: 'ok' } });
    const { permissions } = plinth;
    const input = { role_Id: 'r', collection: 'posts', action: 'read', fields: ['*'] } as const;
    expect(await permissions.create(input)).toEqual(ROW);
    expect(server.lastJson).toEqual(input);
    expect(await permissions.update('p', { conditions: null })).toEqual(ROW);
    expect(server.lastJson).toEqual({ conditions: null });
    expect(await permissions.delete('p')).toBeUndefined();
    expect(await permissions.reloadCache()).toBeUndefined();
    expect(server.last.body).toBe('');
  });

  it('createCrudPermissions grants in order and stops at a failure', async () => {
    server.on('POST /permissions', { status: 201, json: { ...ROW, data: ROW } });
    const bodies = () => server.requests.map((request) => JSON.parse(request.body) as unknown);
    const { permissions } = plinth;
    expect(
      await permissions.createCrudPermissions('r', 'posts', {
        create: { fields: ['name'] },
        update: { fields: ['name'], conditions: { author_Id: '$CURRENT_USER' } },
        delete: false,
      }),
    ).toEqual([ROW, ROW, ROW]);
    expect(bodies()).toEqual([
      { role_Id: 'r', collection: 'posts', action: 'create', fields: ['name'] },
      { role_Id: 'r', collection: 'posts', action: 'read', fields: ['*'] },
      {
        role_Id: 'r',
        collection: 'posts',
        action: 'update',
        fields: ['name'],
        conditions: { author_Id: '$CURRENT_USER' },
      },
    ]);
    server.requests.length = 0;
    server.on('POST /permissions', refusal(409, 'UNIQUE_VIOLATION', 'exists'));
    await expect(permissions.createCrudPermissions('r', 'posts')).rejects.toMatchObject({ status: 409 });
    expect(server.requests).toHaveLength(1);
  });

  it('export and import', async () => {
    const exported = { permissions: [ROW], exportedAt: 'now', version: '1.0' };
    server
      .on('POST /permissions-export', { json: { data: exported } })
      .on('POST /permissions-import', { json: { data: { imported: 1, skipped: 0, errors: [] } } });
    const file = await plinth.permissions.export();
    expect(file).toEqual(exported);
    expect(server.lastJson).toEqual({});
    expect(await plinth.permissions.import(file, { overwrite: true })).toMatchObject({ imported: 1 });
    expect(server.lastJson).toEqual({ permissions: [ROW], overwrite: true });
    await plinth.permissions.import(file);
    expect(server.lastJson).toEqual({ permissions: [ROW] });
  });
});

describe('imports', () => {
  const JOB: ImportJob = {
    id: 'i1',
    owner: 'u1',
    collection: 'airports',
    fileName: 'airports.csv',
    format: 'csv',
    state: 'parsing',
    dryRun: false,
    mode: 'all',
    mapping: {},
    rowsRead: 0,
    rowsValid: 0,
    rowsRejected: 0,
    rowsWritten: 0,
    rowsRemoved: 0,
    relatedRemoved: 0,
    othersRemoved: 0,
    relatedLeft: 0,
    left: [],
    rowsPerSecond: 0,
      rowsBefore: null,
      rowsAfter: null,
      firstKey: null,
      lastKey: null,
      pace: [],
    bytesRead: 0,
    bytesTotal: 20,
    startedAt: '2026-01-01T00:00:00.000Z',
    endedAt: null,
    hash: 'digest',
    alreadyImported: false,
    error: null,
    errors: [],
  };

  it('start sends what to do before the file', async () => {
    server.on('POST /imports', { status: 202, json: { data: JOB } });
    const job = await plinth.imports.start({
      file: new Blob(['iata;name\nBER;Berlin\n'], { type: 'text/csv' }),
      collection: 'airports',
      format: 'csv',
      mapping: { iata: 'code', name: null },
      delimiter: ';',
      nullText: '\\N',
      dryRun: true,
      mode: 'valid',
    });
    expect(job).toEqual(JOB);
    const names = [...server.last.body.matchAll(/form-data; name="([^"]+)"/g)].map((match) => match[1]);
    expect(names.slice(0, -1).sort()).toEqual(
      ['collection', 'delimiter', 'dryRun', 'format', 'mapping', 'mode', 'nullText'].sort(),
    );
    expect(names.at(-1)).toBe('file');
    expect(server.last.body).toContain('{"iata":"code","name":null}');
    expect(server.last.body).toContain('filename="import.csv"');
  });

  it('start leaves out what is not set', async () => {
    server.on('POST /imports', { status: 202, json: { data: JOB } });
    const file = new File(['[]'], 'rows.ndjson');
    await plinth.imports.start({ file, collection: 'airports', format: 'ndjson', mode: undefined });
    const names = [...server.last.body.matchAll(/form-data; name="([^"]+)"/g)].map((match) => match[1]);
    expect(names).toEqual(['collection', 'format', 'file']);
    expect(server.last.body).toContain('filename="rows.ndjson"');
  });

  it('get, list, undo, cancel, rejects', async () => {
    server
      .on('GET /imports/i1', { json: { data: JOB } })
      .on('GET /imports', { json: { data: [JOB] } })
      .on('POST /imports/i1/undo', { json: { data: JOB } })
      .on('POST /imports/i1/cancel', { json: { data: JOB } })
      .on('GET /imports/i1/rejects', { text: 'iata,reason\nX,too short\n' });
    const { imports } = plinth;
    expect(await imports.get('i1')).toEqual(JOB);
    expect(await imports.list()).toEqual([JOB]);
    expect(await imports.undo('i1')).toEqual(JOB);
    expect(await imports.cancel('i1')).toEqual(JOB);
    expect(await (await imports.rejects('i1')).text()).toBe('iata,reason\nX,too short\n');
  });
});

describe('access and server', () => {
  it('access.me resolves to the report, health to the reply', async () => {
    const report = {
      role: { id: 'r', name: 'editor', administrator: false },
      user: 'u',
      collections: {
        products: { create: false, read: { fields: ['*'], conditional: false }, update: false, delete: false },
      },
    };
    server.on('GET /access/me', { json: { data: report } }).on('GET /health', { json: { status: 'ok' } });
    expect(await plinth.access.me()).toEqual(report);
    expect(await plinth.server.health()).toEqual({ status: 'ok' });
  });
});
