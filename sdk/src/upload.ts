import type { UploadSource } from './types/common.js';

/**
 * Adds a file to a form. The server judges files by name and type, so a `Blob` that has no name
 * is given `name`.
 */
export function appendFile(form: FormData, field: string, file: UploadSource, name: string): void {
  if (typeof Blob !== 'undefined' && file instanceof Blob) {
    form.append(field, file, 'name' in file && typeof file.name === 'string' ? file.name : name);
  } else {
    // React Native's FormData takes the description of a file; its types, as the browser's, do not say so.
    form.append(field, file as unknown as Blob);
  }
}
