export type {
  ProposedIndex,
  QueryMeasurement,
  QueryTiming,
  SlowQuery,
  SlowQueryList,
  SlowQueryShape,
} from '../generated/wire.js';

/** Which part of the record of queries is asked for. */
export interface SlowQueryOptions {
  /** Of this collection only. */
  readonly collection?: string | undefined;
  /** The most of it first; `total` unless said otherwise. */
  readonly sort?: 'total' | 'mean' | 'p95' | 'max' | 'count' | 'lastSeen' | undefined;
  /** From 1. */
  readonly page?: number | undefined;
  /** At most 200; 50 unless said otherwise. */
  readonly limit?: number | undefined;
}
