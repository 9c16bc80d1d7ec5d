/** Waiting, as a person does: again and again, and not for ever. */
import { PATIENCE_MS } from "./person";

export async function until(what: string, met: () => Promise<boolean>, else_: () => string = () => ""): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  let fault = "";
  while (Date.now() < deadline) {
    try {
      if (await met()) return;
      fault = else_();
    } catch (error) {
      fault = String(error);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`waited ${String(PATIENCE_MS / 1000)} s for ${what}${fault ? `: ${fault}` : ""}`);
}
