import { host } from "@/host";

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

const files = new Map<string, File>();

/** The file an import works on, kept while the page is left between the dry run and the import. */
export function keepFile(connection: string, collection: string, file: File | null): void {
  const key = `${connection}\n${collection}`;
  if (file) files.set(key, file);
  else files.delete(key);
}

export function keptFile(connection: string, collection: string): File | null {
  return files.get(`${connection}\n${collection}`) ?? null;
}
