import type { CallOptions } from './common.js';

export type {
  TemplateDefault,
  TemplateDefaults,
  TemplatePreview,
  TemplateType,
  TemplateTypes,
} from '../generated/wire.js';

/** A mail that is shown before there is one: of a type, with another text, or of a text alone. */
export interface TemplatePreviewInput {
  /** Its type; values to show it with come along. */
  type?: string | undefined;
  /** A subject in Liquid, instead of the one of its type. */
  subject?: string | undefined;
  /** A body in Liquid, instead of the one of its type. */
  body?: string | undefined;
  /** Values, over the ones that the type is shown with. */
  variables?: Record<string, unknown> | undefined;
}

/** Whose mail a call is about. */
export interface TemplateOptions extends CallOptions {
  /** A tenant; unless given the one of the client or of who is signed in, else the project itself. */
  tenantId?: string | undefined;
}
