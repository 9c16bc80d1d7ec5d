const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** 912 B, 418 kB, 11.2 GB: sizes are rounded and never counted on. */
export function sizeText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // What would be rounded up to 1000 is one of the next.
  while (unit < UNITS.length - 1 && value >= (unit === 0 ? 1000 : 999.5)) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toFixed(unit === 0 || value >= 99.95 ? 0 : 1)} ${UNITS[unit] ?? "TB"}`;
}
