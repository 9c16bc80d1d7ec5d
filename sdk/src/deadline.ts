import { PlinthError } from './error.js';

// `setTimeout` counts in a signed 32-bit number; anything longer would fire at once.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The end of one call: its time limit and the caller's signal, as one signal for `fetch`. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #limit: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timedOut = false;

  constructor(outer: AbortSignal | undefined, limit: number) {
    this.#outer = outer;
    this.#limit = limit;
    if (outer?.aborted) this.#abort();
    else outer?.addEventListener('abort', this.#abort, { once: true });
    if (limit > 0) {
      this.#timer = setTimeout(() => {
        this.#timedOut = true;
        this.#controller.abort();
      }, Math.min(limit, LONGEST_TIMER_MS));
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Waits for `work` no longer than the call may last; the work itself goes on. */
  race<T>(work: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const stop = () => reject(this.signal.reason);
      if (this.signal.aborted) stop();
      else this.signal.addEventListener('abort', stop, { once: true });
      work.then(resolve, reject).finally(() => this.signal.removeEventListener('abort', stop));
    });
  }

  /** What the caller is told: the limit, the reason of the caller's own signal, or `error`. */
  explain(error: unknown, what: string): unknown {
    if (this.#timedOut) {
      return new PlinthError(
        `${what}: no answer within ${this.#limit} ms; raise the "timeout" option or ask for less`,
        { status: 408, code: 'TIMEOUT', cause: error },
      );
    }
    return this.signal.aborted ? (this.#outer?.reason ?? error) : error;
  }

  /** The answer has begun: the time limit is met, but the caller may still abort its body. */
  stopClock(): void {
    clearTimeout(this.#timer);
  }

  release(): void {
    this.stopClock();
    this.#outer?.removeEventListener('abort', this.#abort);
  }

  readonly #abort = (): void => this.#controller.abort(this.#outer?.reason);
}
