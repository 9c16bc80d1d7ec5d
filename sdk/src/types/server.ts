export type { HealthReport } from '../generated/wire.js';
