import { host } from "@/host";
import type { Pending } from "@/lib/pending";

/**
 * Hands a file to the person: the desktop asks where it goes, a browser does what it is set to do.
 * `false` when the person changed their mind.
 */
export async function saveFile(name: string, content: Blob): Promise<boolean> {
  const ask = host().saveFile;
  if (ask) return await ask(name, content);
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The download has begun; its address is of no more use.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
  return true;
}

/** Chosen files by collection, beside the work of one person: another's are not theirs to import. */
const files = new WeakMap<Pending, Map<string, File>>();

/** The file an import works on, kept while the page is left between the dry run and the import. */
export function keepFile(work: Pending, collection: string, file: File | null): void {
  const kept = files.get(work) ?? new Map<string, File>();
  files.set(work, kept);
  if (file) kept.set(collection, file);
  else kept.delete(collection);
}

export function keptFile(work: Pending, collection: string): File | null {
  return files.get(work)?.get(collection) ?? null;
}
