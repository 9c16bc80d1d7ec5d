/**
 * The rows of one result, a page at a time.
 *
 * Holds at most a fixed number of pages around the place that is looked at. A page that follows a
 * known one is asked for by cursor, which costs the same at row one million as at row one; only a
 * jump asks by offset. A page that scrolled out of sight is not waited for: its request is aborted.
 */

export type RawRow = Readonly<Record<string, unknown>>;

export interface PageRequest {
  readonly page: number;
  /** By cursor: `""` is the beginning. */
  readonly after?: string;
  /** By place, when no cursor is known. */
  readonly offset?: number;
  readonly limit: number;
  readonly count: "estimate" | "none";
  readonly signal: AbortSignal;
}

export interface Page {
  readonly rows: readonly RawRow[];
  /** `null` at the end; absent when the server told none. */
  readonly cursor?: string | null;
  readonly total?: number;
  readonly estimated?: boolean;
}

export interface Total {
  readonly rows: number;
  readonly exact: boolean;
}

export interface RowsSnapshot {
  readonly total: Total | null;
  /** Grows with every change, for React to notice. */
  readonly version: number;
  readonly loading: boolean;
  readonly fault: unknown;
  /** The first answer has come. */
  readonly ready: boolean;
  /** Milliseconds the last answer took. */
  readonly took: number | null;
  /** Every held row with its place in the result. */
  readonly held: Iterable<readonly [index: number, row: RawRow]>;
}

/** The reading was given up by the person who waited for it. */
export class ReadStopped extends Error {
  readonly code = "STOPPED";
}

export interface RowsOptions {
  readonly load: (request: PageRequest) => Promise<Page>;
  readonly pageSize?: number;
  readonly keep?: number;
  readonly clock?: () => number;
}

export interface Rows {
  snapshot(): RowsSnapshot;
  subscribe(listener: () => void): () => void;
  row(index: number): RawRow | undefined;
  /** These rows, read when they are not held. They are handed over and not kept. */
  read(first: number, last: number): Promise<ReadonlyMap<number, RawRow>>;
  /** Says which rows are looked at; loads what is missing and lets go of what is far. */
  want(first: number, last: number): void;
  /** Asks again for what is on screen. The old rows stay until the new ones are there. */
  reload(): void;
  setTotal(rows: number): void;
  /** Puts a committed change into the held rows, so nothing flickers back before the reload. */
  patch(match: (row: RawRow) => boolean, change: (row: RawRow) => RawRow): void;
  pagesHeld(): number;
  /** Gives up what is being read; what was read stays. */
  cancel(): void;
  stop(): void;
}

export function createRows(options: RowsOptions): Rows {
  const size = options.pageSize ?? 200;
  const keep = options.keep ?? 10;
  const clock = options.clock ?? (() => performance.now());
  const pages = new Map<number, readonly RawRow[]>();
  const stale = new Set<number>();
  /** Cursor after the last row of a page. */
  const cursors = new Map<number, string | null>();
  const running = new Map<number, AbortController>();
  const listeners = new Set<() => void>();
  let generation = 0;
  let seen = { first: 0, last: -1 };
  /** A page beyond the estimate, asked for because a full page without a cursor may be the last. */
  let probe: number | null = null;
  let state: RowsSnapshot = { total: null, version: 0, loading: false, fault: null, ready: false, took: null, held: [] };

  function placesOf(now: ReadonlyMap<number, readonly RawRow[]>): RowsSnapshot["held"] {
    return {
      *[Symbol.iterator]() {
        for (const [page, rows] of now) {
          for (const [index, row] of rows.entries()) yield [page * size + index, row] as const;
        }
      },
    };
  }

  function publish(change: Partial<RowsSnapshot>): void {
    state = { ...state, ...change, version: state.version + 1, loading: running.size > 0, held: placesOf(new Map(pages)) };
    for (const listener of [...listeners]) listener();
  }

  function wanted(): number[] {
    const last = state.total === null ? 0 : Math.max(Math.ceil(state.total.rows / size) - 1, 0);
    const from = Math.min(Math.floor(seen.first / size), last);
    const to = Math.min(Math.floor(Math.max(seen.last, seen.first) / size), last);
    const list = Array.from({ length: to - from + 1 }, (_, index) => from + index);
    return probe === null ? list : [...list, probe];
  }

  function forget(): void {
    if (pages.size <= keep) return;
    const middle = (seen.first + seen.last) / 2 / size;
    const far = [...pages.keys()].sort((a, b) => Math.abs(b - middle) - Math.abs(a - middle));
    for (const page of far.slice(0, pages.size - keep)) {
      pages.delete(page);
      stale.delete(page);
    }
  }

  function work(): void {
    const pagesWanted = wanted();
    for (const [page, controller] of running) {
      if (!pagesWanted.includes(page)) {
        controller.abort();
        running.delete(page);
      }
    }
    for (const page of pagesWanted) {
      if ((!pages.has(page) || stale.has(page)) && !running.has(page)) void fetchPage(page);
    }
  }

  async function fetchPage(page: number): Promise<void> {
    const controller = new AbortController();
    running.set(page, controller);
    const mine = generation;
    const began = clock();
    const before = page === 0 ? "" : cursors.get(page - 1);
    publish({});
    try {
      const answer = await options.load({
        page,
        limit: size,
        count: page === 0 || state.total === null ? "estimate" : "none",
        signal: controller.signal,
        ...(typeof before === "string" ? { after: before } : { offset: page * size }),
      });
      // An older answer never replaces a newer one.
      if (mine !== generation || running.get(page) !== controller) return;
      running.delete(page);
      if (probe === page) probe = null;
      if (answer.rows.length > 0 || page === 0) pages.set(page, answer.rows);
      stale.delete(page);
      if (answer.cursor === undefined) cursors.delete(page);
      else cursors.set(page, answer.cursor);
      publish({ total: totalAfter(page, answer), fault: null, ready: true, took: clock() - began });
      forget();
      work();
    } catch (error) {
      if (mine !== generation || running.get(page) !== controller) return;
      running.delete(page);
      if (controller.signal.aborted) return;
      publish({ fault: error });
    }
  }

  /** A short page is the end: then the count is known, whatever was estimated. */
  function totalAfter(page: number, answer: Page): Total {
    const reached = page * size + answer.rows.length;
    const ended = answer.rows.length < size || answer.cursor === null;
    if (ended && (answer.rows.length > 0 || page === 0)) return { rows: reached, exact: true };
    const told = answer.total ?? state.total?.rows ?? reached;
    const exact = answer.total === undefined ? (state.total?.exact ?? false) : answer.estimated !== true;
    if (!ended && told <= reached) {
      // An estimate may be too small: a cursor says that there is more, without one it is asked for.
      if (answer.cursor !== undefined) return { rows: reached + 1, exact: false };
      if (!exact) probe = page + 1;
      return { rows: reached, exact };
    }
    if (ended && page > 0) return { rows: Math.min(told, page * size), exact: pages.has(page - 1) };
    return { rows: told, exact };
  }

  return {
    snapshot: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    row(index) {
      return pages.get(Math.floor(index / size))?.[index % size];
    },
    async read(first, last) {
      const found = new Map<number, RawRow>();
      for (let page = Math.floor(first / size); page <= Math.floor(last / size); page += 1) {
        const held = pages.get(page);
        const given = held ?? (await options.load({ page, offset: page * size, limit: size, count: "none", signal: new AbortController().signal })).rows;
        for (const [at, row] of given.entries()) {
          const index = page * size + at;
          if (index >= first && index <= last) found.set(index, row);
        }
      }
      return found;
    },
    want(first, last) {
      if (seen.first === first && seen.last === last && state.fault === null && state.ready) return;
      seen = { first, last };
      if (state.fault === null) work();
    },
    reload() {
      generation += 1;
      for (const controller of running.values()) controller.abort();
      running.clear();
      cursors.clear();
      for (const page of pages.keys()) stale.add(page);
      state = { ...state, fault: null, total: state.total && { ...state.total, exact: false } };
      if (seen.last < seen.first) seen = { first: 0, last: 0 };
      // The first page tells the count again.
      if (!wanted().includes(0)) {
        pages.delete(0);
        void fetchPage(0);
      }
      work();
    },
    setTotal(rows) {
      publish({ total: { rows, exact: true } });
    },
    patch(match, change) {
      for (const [page, rows] of pages) {
        if (rows.some(match)) pages.set(page, rows.map((row) => (match(row) ? change(row) : row)));
      }
      publish({});
    },
    pagesHeld: () => pages.size,
    cancel() {
      if (running.size === 0) return;
      generation += 1;
      for (const controller of running.values()) controller.abort();
      running.clear();
      publish({ fault: new ReadStopped() });
    },
    stop() {
      generation += 1;
      for (const controller of running.values()) controller.abort();
      running.clear();
      listeners.clear();
    },
  };
}
