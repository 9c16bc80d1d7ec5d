/** What can be said of a file from its first bytes: its format, its columns, their first values. */
import { parseJson, printJson } from "@/lib/exact-json";
import type { CollectionInfo, RelationInfo } from "@/lib/fields";

export type FileFormat = "csv" | "json" | "ndjson";
export type Delimiter = "," | ";" | "\t" | "|";

export interface Sniffed {
  readonly format: FileFormat;
  readonly delimiter: Delimiter;
  readonly columns: readonly string[];
  /** The first values of each column, in the order of the columns. */
  readonly samples: readonly (readonly string[])[];
  /** Whether a word stands where a value is missing. */
  readonly nullWord: string | null;
}

export const DELIMITERS: readonly Delimiter[] = [",", ";", "\t", "|"];
const READ_BYTES = 256 * 1024;
const SAMPLES = 3;

export function formatOf(name: string): FileFormat | null {
  if (/\.(csv|tsv|txt)$/i.test(name)) return "csv";
  if (/\.json$/i.test(name)) return "json";
  if (/\.(ndjson|jsonl)$/i.test(name)) return "ndjson";
  return null;
}

export async function sniffFile(file: File, delimiter?: Delimiter): Promise<Sniffed | null> {
  const format = formatOf(file.name);
  if (!format) return null;
  const text = await file.slice(0, READ_BYTES).text();
  return sniff(format, text, file.size > READ_BYTES, delimiter);
}

/** `cut`: the text is the beginning of a longer file, so its last record may be half. */
export function sniff(format: FileFormat, text: string, cut: boolean, delimiter?: Delimiter): Sniffed {
  const plain = text.replace(/^\uFEFF/, "");
  return format === "csv" ? sniffCsv(plain, cut, delimiter) : sniffObjects(format, plain);
}

function sniffCsv(text: string, cut: boolean, given?: Delimiter): Sniffed {
  const firstLine = /^[^\r\n]*/.exec(text)?.[0] ?? "";
  const counts = DELIMITERS.map((d) => ({ d, n: readCsv(firstLine, d, 1)[0]?.length ?? 1 }));
  const delimiter = given ?? counts.reduce((best, entry) => (entry.n > best.n ? entry : best)).d;
  const records = readCsv(text, delimiter, SAMPLES + 200);
  if (cut) records.pop();
  const [header = [], ...rows] = records;
  const columns = header.map((name) => name.trim());
  const words = new Set(rows.flat());
  const nullWord = ["NULL", "null", "\\N", "NA", "N/A"].find((word) => words.has(word)) ?? null;
  return {
    format: "csv",
    delimiter,
    columns: columns.length === 1 && columns[0] === "" ? [] : columns,
    samples: columns.map((_, index) => rows.slice(0, SAMPLES).map((row) => row[index] ?? "")),
    nullWord,
  };
}

/** Quotes double inside quotes; line ends of every kind; blank lines are skipped. */
export function readCsv(text: string, delimiter: string, limit: number): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  let value = "";
  let quoted = false;
  const endRecord = (): void => {
    record.push(value);
    if (record.length > 1 || record[0] !== "") records.push(record);
    record = [];
    value = "";
  };
  for (let i = 0; i < text.length && records.length < limit; i += 1) {
    const c = text[i] ?? "";
    if (quoted) {
      if (c !== '"') value += c;
      else if (text[i + 1] === '"') {
        value += '"';
        i += 1;
      } else quoted = false;
    } else if (c === '"' && value === "") quoted = true;
    else if (c === delimiter) {
      record.push(value);
      value = "";
    } else if (c === "\n") endRecord();
    else if (c === "\r") {
      if (text[i + 1] !== "\n") endRecord();
    } else value += c;
  }
  if (records.length < limit && (value !== "" || record.length > 0)) endRecord();
  return records;
}

/** Where the cells of one line stand in it, from and to, their quotes included. */
export function cellSpans(line: string, delimiter: string): readonly (readonly [from: number, to: number])[] {
  const spans: [number, number][] = [];
  let from = 0;
  let quoted = false;
  for (let i = 0; i < line.length; i += 1) {
    const c = line[i];
    // A doubled quote ends the text and begins it again.
    if (c === '"' && (quoted || i === from)) quoted = !quoted;
    else if (c === '"' && line[i - 1] === '"') quoted = true;
    else if (c === delimiter && !quoted) {
      spans.push([from, i]);
      from = i + 1;
    }
  }
  return [...spans, [from, line.length]];
}

function sniffObjects(format: "json" | "ndjson", text: string): Sniffed {
  const objects = format === "ndjson" ? text.split(/\r?\n/).filter((line) => line.trim() !== "") : firstObjects(text);
  const columns: string[] = [];
  const samples = new Map<string, string[]>();
  for (const source of objects.slice(0, 50)) {
    const parsed = parseJson(source);
    if (!parsed.ok || parsed.node.t !== "object") continue;
    for (const [key, item] of parsed.node.v) {
      if (!samples.has(key)) {
        columns.push(key);
        samples.set(key, []);
      }
      const shown = samples.get(key);
      if (shown && shown.length < SAMPLES) shown.push(item.t === "string" ? item.v : printJson(item));
    }
  }
  return { format, delimiter: ",", columns, samples: columns.map((key) => samples.get(key) ?? []), nullWord: null };
}

/** The whole objects at the beginning of a list, as far as the text goes. */
function firstObjects(text: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let start = -1;
  let quoted = false;
  for (let i = text.indexOf("[") + 1; i > 0 && i < text.length && found.length < 50; i += 1) {
    const c = text[i];
    if (quoted) {
      if (c === "\\") i += 1;
      else if (c === '"') quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === "{" || c === "[") {
      if (depth === 0) start = i;
      depth += 1;
    } else if (c === "}" || c === "]") {
      depth -= 1;
      if (depth < 0) break;
      if (depth === 0) found.push(text.slice(start, i + 1));
    }
  }
  return found;
}

function bare(name: string): string {
  return name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/ß/g, "ss")
    .replace(/[^a-z0-9]/g, "");
}

export type Mapping = Readonly<Record<string, string | null>>;

/** Columns whose values are documents: of a relation they are records of its other end. */
export function recordColumns({ columns, samples }: Pick<Sniffed, "columns" | "samples">): ReadonlySet<string> {
  return new Set(columns.filter((_, index) => (samples[index] ?? []).some((text) => /^\s*[[{]/.test(text))));
}

/** Relations that take documents, whose records are made with the row. */
export function recordTargets(collection: CollectionInfo): readonly RelationInfo[] {
  return [...collection.fields.flatMap((field) => field.relation ?? []), ...collection.toMany];
}

/** Columns to fields by name: the same name first, then one that holds the other. No field twice. Documents go to their relation. */
export function propose(collection: CollectionInfo, columns: readonly string[], records: ReadonlySet<string> = new Set()): Mapping {
  const free = new Map(collection.fields.filter((field) => !field.computed).map((field) => [field.name, bare(field.name)]));
  const relations = new Map(
    collection.fields.flatMap((field) => (field.relation ? [[bare(field.relation.name), field.name] as const] : [])),
  );
  const mapping: Record<string, string | null> = {};
  const take = (column: string, field: string | undefined): void => {
    if (field === undefined) return;
    mapping[column] = field;
    free.delete(field);
  };
  for (const column of columns) {
    const wanted = bare(column);
    const made = records.has(column) && !free.has(column) ? recordTargets(collection).find((relation) => bare(relation.name) === wanted) : undefined;
    if (made) {
      mapping[column] = made.name;
      free.delete(made.foreignKey);
      continue;
    }
    take(column, [...free].find(([name, plain]) => name === column || plain === wanted)?.[0]);
  }
  for (const column of columns.filter((name) => mapping[name] === undefined)) {
    const wanted = bare(column);
    const related = relations.get(wanted);
    const near = related !== undefined && free.has(related)
      ? related
      : [...free].find(([, plain]) => wanted.length > 3 && plain.length > 3 && (plain.includes(wanted) || wanted.includes(plain)))?.[0];
    take(column, near);
  }
  for (const column of columns) mapping[column] ??= null;
  return mapping;
}

export interface MappingFlaws {
  /** Fields that need a value and get none. */
  readonly missing: readonly string[];
  /** Fields that two columns go to. */
  readonly twice: readonly string[];
}

export function mappingFlaws(collection: CollectionInfo, mapping: Mapping): MappingFlaws {
  const used = Object.values(mapping).filter((field) => field !== null);
  const missing = collection.fields
    .filter((field) => !(field.relation && used.includes(field.relation.name)))
    .filter((field) => !field.nullable && field.defaultText === null && !field.computed && !used.includes(field.name))
    .map((field) => field.name);
  return { missing, twice: [...new Set(used.filter((field, index) => used.indexOf(field) !== index))] };
}
