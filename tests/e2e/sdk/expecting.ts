/** What the suites say about refusals. */
import { expect } from "vitest";
import { BaasixError } from "../../../sdk/dist/esm/index.js";

/** The refusal of a call that must not succeed. */
export async function refusal(call: Promise<unknown>): Promise<BaasixError> {
  const outcome = await call.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if (!("error" in outcome)) {
    throw new Error(`a refusal was expected, and the call answered ${JSON.stringify(outcome.value)}`);
  }
  expect(outcome.error).toBeInstanceOf(BaasixError);
  return outcome.error as BaasixError;
}

/** One column of rows, in order. */
export function column(rows: readonly object[], name: string): unknown[] {
  return rows.map((row) => (row as Record<string, unknown>)[name]);
}
