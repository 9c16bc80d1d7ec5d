/** Joins class names, leaving out what is false. */
export function cx(...names: ReadonlyArray<unknown>): string {
  return names.filter((name) => typeof name === "string" && name !== "").join(" ");
}
