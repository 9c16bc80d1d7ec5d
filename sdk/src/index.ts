export { createPlinth, createPlinth as createBaasix } from './client.js';
export { PlinthError, PlinthError as BaasixError } from './error.js';
export { AsyncStorageAdapter, LocalStorageAdapter, MemoryAdapter } from './storage.js';
export { FILTER_OPERATORS } from './types/filter.js';

export type { Auth } from './auth.js';
export type { Plinth } from './client.js';
export type { ClientErrorCode, ErrorDetail } from './error.js';
export type { Imports } from './imports.js';
export type { PlinthOptions } from './options.js';
export type { Permissions } from './permissions.js';
export type { QueryBuilder } from './query.js';
export type { Items } from './records.js';
export type { Schemas } from './schemas.js';
export type { Access, Server } from './server.js';
export type { AsyncStorageLike, StorageAdapter, WebStorage } from './storage.js';
export type { Http, HttpMethod, HttpOptions, HttpRequest } from './transport.js';
export type { Roles, Users } from './users.js';
export type * from './types/index.js';
