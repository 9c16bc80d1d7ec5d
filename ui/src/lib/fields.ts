/** What the studio knows about a collection: the stored schema document, read once into fixed shapes. */

export type Kind =
  | "text"
  | "enum"
  | "int"
  | "decimal"
  | "float"
  | "bool"
  | "date"
  | "instant"
  | "datetime"
  | "time"
  | "timetz"
  | "uuid"
  | "json"
  | "array"
  | "range"
  | "geo"
  | "binary"
  | "unknown";

export interface TypeInfo {
  readonly kind: Kind;
  /** The canonical name, as stored: `Decimal`, `Array_Integer`. */
  readonly name: string;
  /** Integers: bits of the column. */
  readonly bits?: 32 | 64;
  readonly precision?: number;
  readonly scale?: number;
  readonly length?: number;
  readonly options?: readonly string[];
  /** Arrays and ranges: what stands inside. */
  readonly inner?: TypeInfo;
  /** Long text opens a larger editor. */
  readonly long?: boolean;
}

export interface RelationInfo {
  /** The name under which related rows are read: `customer`. */
  readonly name: string;
  readonly target: string;
  readonly many: boolean;
  /** To one: the field of this collection that holds the key. To many: the field of the other one. */
  readonly foreignKey: string;
  readonly showAs?: string;
  /** To one: what becomes of the rows here when the row they lead to is deleted. */
  readonly onDelete?: OnDelete;
}

export type OnDelete = "CASCADE" | "SET NULL" | "RESTRICT" | "NO ACTION";
const ON_DELETE: readonly OnDelete[] = ["CASCADE", "SET NULL", "RESTRICT", "NO ACTION"];

export interface FieldInfo {
  readonly name: string;
  readonly type: TypeInfo;
  readonly primaryKey: boolean;
  readonly nullable: boolean;
  readonly unique: boolean;
  readonly indexed: boolean;
  /** How the default reads in a cell (`now()`); null when there is none. */
  readonly defaultText: string | null;
  /** The server computes it; nobody writes it. */
  readonly computed: boolean;
  /** What it is worked out by, of a field that is. */
  readonly expression?: string;
  readonly hidden: boolean;
  readonly description: string | null;
  /** Set when this field holds the key of another collection's row. */
  readonly relation: RelationInfo | null;
}

export interface CollectionInfo {
  readonly name: string;
  readonly fields: readonly FieldInfo[];
  readonly primaryKey: string;
  readonly toMany: readonly RelationInfo[];
  /** Relations to one that share their column: of each row one of them leads somewhere, the others nowhere. */
  readonly toAny: readonly RelationInfo[];
  /** The field that stands for a row in a relation cell. */
  readonly display: string;
  readonly paranoid: boolean;
  /** After so many days a row leaves the trash for good; null is never. */
  readonly trashDays: number | null;
  readonly system: boolean;
}

type Doc = Readonly<Record<string, unknown>>;

function isDoc(value: unknown): value is Doc {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function count(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

const SIMPLE: Readonly<Record<string, TypeInfo>> = {
  string: { kind: "text", name: "String" },
  text: { kind: "text", name: "Text", long: true },
  html: { kind: "text", name: "HTML", long: true },
  citext: { kind: "text", name: "CiText" },
  suid: { kind: "text", name: "SUID" },
  token: { kind: "text", name: "TOKEN" },
  integer: { kind: "int", name: "Integer", bits: 32 },
  bigint: { kind: "int", name: "BigInt", bits: 64 },
  decimal: { kind: "decimal", name: "Decimal" },
  float: { kind: "float", name: "Float" },
  real: { kind: "float", name: "Real" },
  double: { kind: "float", name: "Double" },
  boolean: { kind: "bool", name: "Boolean" },
  date: { kind: "date", name: "Date" },
  datetime: { kind: "instant", name: "DateTime" },
  datetime_no_tz: { kind: "datetime", name: "DateTime_NO_TZ" },
  time: { kind: "timetz", name: "Time" },
  time_no_tz: { kind: "time", name: "Time_NO_TZ" },
  uuid: { kind: "uuid", name: "UUID" },
  json: { kind: "json", name: "JSON" },
  jsonb: { kind: "json", name: "JSONB" },
  enum: { kind: "enum", name: "Enum" },
  binary: { kind: "binary", name: "Binary" },
};

const GEO = new Set([
  "point",
  "linestring",
  "polygon",
  "multipoint",
  "multilinestring",
  "multipolygon",
  "geometrycollection",
  "geography",
  "geometry",
]);

const UNKNOWN: TypeInfo = { kind: "unknown", name: "unknown" };

/** Type names are matched in any case, as the server does. An unknown one is shown raw, never hidden. */
export function readType(name: unknown, values?: unknown): TypeInfo {
  if (typeof name !== "string") return UNKNOWN;
  const key = name.toLowerCase();
  const options = isDoc(values) ? values : {};
  const simple = SIMPLE[key];
  if (simple) {
    if (simple.kind === "decimal") {
      const precision = count(options["precision"]);
      const scale = count(options["scale"]);
      return { ...simple, ...(precision === undefined ? {} : { precision }), ...(scale === undefined ? {} : { scale }) };
    }
    if (simple.kind === "text") {
      const length = count(options["length"]) ?? count(options["stringLength"]);
      return length === undefined ? simple : { ...simple, length };
    }
    if (simple.kind === "enum") {
      const listed = Array.isArray(values) ? values : options["values"];
      const words = Array.isArray(listed) ? listed.filter((v): v is string => typeof v === "string") : [];
      return { ...simple, options: words };
    }
    return simple;
  }
  if (key === "array") return { kind: "array", name: "Array", inner: readType(options["type"] ?? "String") };
  if (key.startsWith("array_")) return { kind: "array", name, inner: readType(key.slice(6)) };
  if (key.startsWith("range_")) return { kind: "range", name, inner: readType(key.slice(6)) };
  if (GEO.has(key)) return { kind: "geo", name };
  return { ...UNKNOWN, name };
}

/** The second line of a column header: `decimal(12,2)`, `enum`, `→ customers`. */
export function typeLabel(field: Pick<FieldInfo, "type" | "relation">): string {
  return field.relation ? `→ ${field.relation.target}` : typeText(field.type);
}

/** What a computed field holds, as the server tells it; one that tells nothing computes text. */
export function computedType(told: unknown): TypeInfo {
  const held = readType(told);
  return held.kind === "unknown" || held.kind === "text" ? { kind: "text", name: "VIRTUAL" } : { ...held, name: "VIRTUAL" };
}

/** Whether its value comes of an expression over the other fields of its row. */
export function isWorkedOut(field: Pick<FieldInfo, "type">): boolean {
  return field.type.name === "VIRTUAL";
}

/** A type as every screen says it. */
export function typeText(type: TypeInfo): string {
  if (type.name === "VIRTUAL") {
    return type.kind === "text" ? "computed" : `computed ${typeText({ ...type, name: type.kind === "float" ? "Double" : type.kind })}`;
  }
  switch (type.kind) {
    case "int":
      return type.bits === 64 ? "int64" : "int32";
    case "decimal":
      if (type.precision === undefined) return "decimal";
      return `decimal(${String(type.precision)},${String(type.scale ?? 0)})`;
    case "float":
      return type.name.toLowerCase();
    case "text":
      return type.length === undefined ? type.name.toLowerCase() : `${type.name.toLowerCase()}(${String(type.length)})`;
    case "instant":
      return "timestamptz";
    case "datetime":
      return "timestamp";
    case "bool":
      return "bool";
    case "array":
      return `${type.inner ? typeText(type.inner) : "text"}[]`;
    case "range":
      return `range of ${type.inner ? typeText(type.inner) : "values"}`;
    case "time":
      return "time";
    case "timetz":
      return "timetz";
    case "enum":
    case "date":
    case "uuid":
    case "json":
    case "geo":
    case "binary":
    case "unknown":
      return type.name.toLowerCase();
  }
}

function defaultText(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (isDoc(value)) {
    const type = text(value["type"]);
    switch (type?.toUpperCase()) {
      case "UUIDV4":
        return "uuid()";
      case "SUID":
        return "suid()";
      case "NOW":
        return "now()";
      case "AUTOINCREMENT":
        return "auto";
      case "CURRENT_USER":
        return "current user";
      case "CURRENT_TENANT":
        return "current tenant";
      case "SQL":
        return text(value["value"]) ?? "sql";
      case undefined:
        return "value" in value ? defaultText(value["value"]) : "{}";
      default:
        return type;
    }
  }
  if (Array.isArray(value)) return JSON.stringify(value);
  if (typeof value === "string") return value === "" ? "''" : value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return null;
}

const DISPLAY_NAMES = ["name", "title", "label", "display_name", "full_name", "email", "code", "slug", "key"];

/** Reads the stored schema document of one collection. */
export function readCollection(name: string, schema: unknown): CollectionInfo {
  const doc = isDoc(schema) ? schema : {};
  const entries = isDoc(doc["fields"]) ? Object.entries(doc["fields"]) : [];
  const toOne = new Map<string, readonly RelationInfo[]>();
  const toMany: RelationInfo[] = [];
  for (const [key, raw] of entries) {
    if (!isDoc(raw)) continue;
    const kind = text(raw["relType"]);
    const target = text(raw["target"]);
    if (!kind || !target) continue;
    const alias = text(raw["as"]) ?? key;
    const showAs = text(raw["showAs"]);
    const extra = showAs ? { showAs } : {};
    if (kind === "BelongsTo") {
      const foreignKey = text(raw["foreignKey"]) ?? (text(raw["type"]) ? key : `${key}_Id`);
      toOne.set(foreignKey, [...(toOne.get(foreignKey) ?? []), { name: alias, target, many: false, foreignKey, onDelete: onDeleteOf(name, raw, doc["fields"], foreignKey), ...extra }]);
    } else {
      toMany.push({ name: alias, target, many: true, foreignKey: text(raw["foreignKey"]) ?? `${name}_id`, ...extra });
    }
  }
  const indexed = new Set<string>();
  if (Array.isArray(doc["indexes"])) {
    for (const index of doc["indexes"]) {
      const first = isDoc(index) && Array.isArray(index["fields"]) ? (index["fields"] as unknown[])[0] : undefined;
      if (typeof first === "string") indexed.add(first);
    }
  }
  const fields: FieldInfo[] = [];
  for (const [key, raw] of entries) {
    if (!isDoc(raw) || !text(raw["type"])) continue;
    const type = readType(raw["type"], raw["values"]);
    const primaryKey = raw["primaryKey"] === true;
    const unique = raw["unique"] === true;
    fields.push({
      name: key,
      type: raw["type"] === "VIRTUAL" ? computedType(raw["resultType"]) : type,
      primaryKey,
      nullable: !primaryKey && raw["allowNull"] !== false,
      unique,
      indexed: primaryKey || unique || indexed.has(key),
      defaultText: defaultText(raw["defaultValue"]),
      computed: raw["type"] === "VIRTUAL" || isStamp(key),
      ...(raw["type"] === "VIRTUAL" && text(raw["calculated"]) ? { expression: text(raw["calculated"]) ?? "" } : {}),
      hidden: raw["hidden"] === true,
      description: text(raw["description"]) ?? text(raw["comment"]),
      relation: onlyOf(toOne.get(key) ?? []),
    });
  }
  const stamps = ["createdAt", "updatedAt"].filter(
    (stamp) => doc["timestamps"] !== false && !fields.some((field) => field.name === stamp),
  );
  if (doc["paranoid"] === true && !fields.some((field) => field.name === "deletedAt")) stamps.push("deletedAt");
  for (const stamp of stamps) fields.push(stampField(stamp));
  const ordered = [...fields.filter((f) => f.primaryKey), ...fields.filter((f) => !f.primaryKey && !isStamp(f.name)), ...fields.filter((f) => isStamp(f.name))];
  const primaryKey = ordered.find((field) => field.primaryKey)?.name ?? "id";
  const wanted = text(doc["display"]) ?? DISPLAY_NAMES.find((n) => fields.some((f) => f.name === n));
  const display =
    wanted ??
    ordered.find((f) => isName(f))?.name ??
    primaryKey;
  return {
    name,
    fields: ordered,
    primaryKey,
    toMany,
    toAny: [...toOne.values()].filter((list) => onlyOf(list) === null).flat(),
    display,
    paranoid: doc["paranoid"] === true,
    trashDays: count(doc["trashDays"]) ?? null,
    system: name.startsWith("baasix_"),
  };
}

/** As the server has it: what nobody chose goes along, except what the server keeps of its own. */
function onDeleteOf(collection: string, relation: Doc, fields: unknown, foreignKey: string): OnDelete {
  const told = text(relation["onDelete"])?.trim().toUpperCase();
  const known = ON_DELETE.find((word) => word === told);
  if (known) return known;
  const column = isDoc(fields) ? fields[foreignKey] : undefined;
  const required = isDoc(column) && column["allowNull"] === false;
  const kept = collection.startsWith("baasix_") || relation["target"] === "baasix_Tenant" || String(relation["SystemGenerated"]) === "true";
  return kept && !required ? "SET NULL" : "CASCADE";
}

/** Where a column leads, unless that is another collection from row to row. */
function onlyOf([first, ...others]: readonly RelationInfo[]): RelationInfo | null {
  return first && others.every((other) => other.target === first.target) ? first : null;
}

/** The condition of the rows of `from` that lead to these rows of a collection by this column. */
export function leadingTo(from: CollectionInfo, collection: CollectionInfo, { foreignKey }: Pick<RelationInfo, "foreignKey">, ids: readonly string[]): Readonly<Record<string, unknown>> {
  const any = from.toAny.find((relation) => relation.foreignKey === foreignKey && relation.target === collection.name);
  // A shared column holds keys of several collections: the relation knows which of them are ours.
  return { [any ? `${any.name}.${collection.primaryKey}` : foreignKey]: { in: ids } };
}

/** A text that can tell rows apart: no code of three letters, no essay, no key of another row. */
function isName(field: FieldInfo): boolean {
  const { kind, length = 255, long = false } = field.type;
  return kind === "text" && length > 8 && !long && !field.primaryKey && field.relation === null && !field.computed;
}

function isStamp(name: string): boolean {
  return name === "createdAt" || name === "updatedAt" || name === "deletedAt";
}

function stampField(name: string): FieldInfo {
  return {
    name,
    type: { kind: "instant", name: "DateTime" },
    primaryKey: false,
    nullable: true,
    unique: false,
    indexed: false,
    defaultText: name === "deletedAt" ? null : "now()",
    computed: true,
    hidden: false,
    description: null,
    relation: null,
  };
}
