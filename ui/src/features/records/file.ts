/** Hands a file to the person: the browser, or the desktop's webview, asks where it goes. */
export function saveFile(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The download has begun; its address is of no more use.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
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
