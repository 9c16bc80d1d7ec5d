export type {
  HistoryPage,
  RevertBody,
  RevertSide,
  Revision,
  RevisionAction,
  RevisionActor,
} from '../generated/wire.js';

/** Which part of a history is read. */
export interface HistoryParams {
  /** Most revisions, 1 to 100; 20 unless given. */
  limit?: number;
  /** The `cursor` of the page before. */
  after?: string;
}
