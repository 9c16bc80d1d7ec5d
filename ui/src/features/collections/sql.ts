/** The same statement with a line for each column: only the space between words changes. */
export function laidOut(sql: string): string {
  if (!/^CREATE TABLE/i.test(sql)) return sql;
  let depth = 0;
  let quote: string | null = null;
  let out = "";
  for (let at = 0; at < sql.length; at += 1) {
    const sign = sql.charAt(at);
    if (quote !== null) {
      if (sign === quote) quote = null;
      out += sign;
    } else if (sign === "'" || sign === '"') {
      quote = sign;
      out += sign;
    } else if (sign === "(") {
      depth += 1;
      out += depth === 1 ? "(\n  " : sign;
    } else if (sign === ")") {
      depth -= 1;
      out += depth === 0 ? "\n)" : sign;
    } else if (sign === "," && depth === 1) {
      out += ",\n ";
    } else out += sign;
  }
  return out;
}
