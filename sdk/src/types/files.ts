import type { CallOptions } from './common.js';

/** A row of `baasix_File`. */
export interface FileMetadata {
  id: string;
  title?: string | null;
  /** The name the bytes are stored under. */
  filename: string;
  originalFilename?: string | null;
  /** Media type; `mimeType` is the same value. */
  type?: string | null;
  mimeType?: string | null;
  folder?: string | null;
  /** Bytes. */
  size?: number | null;
  description?: string | null;
  /** The storage service that holds the bytes. */
  storage?: string | null;
  /** The address to read it from, relative to the server. */
  path?: string | null;
  width?: number | null;
  height?: number | null;
  duration?: number | null;
  metadata?: Record<string, unknown> | null;
  isPublic?: boolean;
  uploadedBy?: string | null;
  userCreated_Id?: string | null;
  userUpdated_Id?: string | null;
  tenant_Id?: string | null;
  createdAt?: string;
  updatedAt?: string;
}

/** Options of a file upload. */
export interface UploadOptions {
  title?: string;
  description?: string;
  folder?: string;
  storage?: string;
  isPublic?: boolean;
  metadata?: Record<string, unknown>;
  /** Called with the percentage sent, 0 to 100. */
  onProgress?: (progress: number) => void;
  /** Milliseconds until the upload fails. */
  timeout?: number;
}

/** Options of an import of permissions or of workflows. */
export interface ImportOptions extends CallOptions {
  /** Replace what exists already; otherwise it is skipped. */
  overwrite?: boolean | undefined;
}
