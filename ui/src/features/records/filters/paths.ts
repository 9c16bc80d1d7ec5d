/** Fields one can ask about: a row's own, and those of related rows at any depth. */
import { typeLabel, type CollectionInfo, type FieldInfo } from "@/lib/fields";

export interface FieldPath {
  readonly path: string;
  /** A relation goes on; a field is the end. */
  readonly end: boolean;
  readonly detail: string;
}

type Find = (name: string) => CollectionInfo | undefined;
type May = (collection: string, field: FieldInfo) => boolean;

/** At most so many are listed; typing narrows them. */
const LISTED = 80;

function relationsOf(collection: CollectionInfo): readonly { name: string; target: string }[] {
  const toOne = collection.fields.flatMap((field) => (field.relation ? [{ name: field.relation.name, target: field.relation.target }] : []));
  return [...toOne, ...[...collection.toAny, ...collection.toMany].map(({ name, target }) => ({ name, target }))];
}

/** Where a text such as `customer.cou` could go: the fields and relations of what stands before its last point. */
export function fieldPaths(collection: CollectionInfo, find: Find, may: May, text: string): readonly FieldPath[] {
  const typed = text.trim();
  const last = typed.lastIndexOf(".");
  const before = last < 0 ? "" : typed.slice(0, last);
  const wanted = typed.slice(last + 1).toLowerCase();
  let here: CollectionInfo | undefined = collection;
  for (const step of before === "" ? [] : before.split(".")) {
    const relation: { target: string } | undefined = here && relationsOf(here).find((entry) => entry.name === step);
    here = relation && find(relation.target);
  }
  if (!here) return [];
  const at = here;
  const prefix = before === "" ? "" : `${before}.`;
  const fields = at.fields
    .filter((field) => !field.hidden && may(at.name, field))
    .map((field): FieldPath => ({ path: prefix + field.name, end: true, detail: typeLabel(field) }));
  const relations = relationsOf(at)
    .filter((entry) => find(entry.target))
    .map((entry): FieldPath => ({ path: `${prefix}${entry.name}.`, end: false, detail: `→ ${entry.target}` }));
  return [...fields, ...relations].filter(({ path }) => path.slice(prefix.length).toLowerCase().includes(wanted)).slice(0, LISTED);
}
