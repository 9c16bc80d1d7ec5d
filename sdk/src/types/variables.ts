export type { KeptProvider, KeptVariable, ProjectVariable, SignInProvider } from '../generated/wire.js';

/** What becomes of a variable; what is left out stays. */
export interface VariableInput {
  /** Its value; a new one needs it. */
  value?: string | undefined;
  /** Whether its value is told to nobody; a new one is a secret unless it is said. */
  isSecret?: boolean | undefined;
  /** What it is for. */
  description?: string | null | undefined;
}
