export type { HealthReport, JournalEntry } from '../generated/wire.js';
