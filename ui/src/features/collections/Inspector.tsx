import { CircleAlert, Ellipsis, KeyRound, Link2, Plus, SquareFunction, X } from "lucide-react";
import { useEffect, useRef, useState, useSyncExternalStore, type FormEvent } from "react";
import { useGroups } from "@/host/groups";
import { Badge } from "@/kit/Badge";
import { Button, IconButton } from "@/kit/Button";
import { Checkbox } from "@/kit/Checkbox";
import { cx } from "@/kit/cx";
import { Dot } from "@/kit/Dot";
import { Drawer, DrawerSection } from "@/kit/Drawer";
import { Field, Input } from "@/kit/Field";
import { isFocusLost } from "@/kit/focus";
import { Menu } from "@/kit/Menu";
import { Note } from "@/kit/states";
import { endedFields, FLAGS, flagOn, isAdopted, isColumn, isComputed, isSystem, relationOf, stateOf, type DraftField, type Drafts, type Edits, type Entry } from "./draft";
import { addField, addIndex, isSearched, renameCollection, searchedFields, setDropTable, setFlag, toggleCollection, toggleDropped, toggleIndex, type IndexUse } from "./edits";
import { FieldEditor } from "./FieldEditor";
import { d } from "./diagram-messages";
import { GroupSelect } from "./GroupsDialog";
import { StagedInput, TypeSelect } from "./inputs";
import { Keeping } from "./Keeping";
import { t } from "./messages";
import type { Misplaced } from "./misplaced";
import { useRowCount } from "./queries";
import { isQuiet, typeOf } from "./rows";
import { withType } from "./types";
import { collectionNameFault, fieldNameFault } from "./words";

export interface InspectorProps {
  readonly drafts: Drafts;
  readonly entry: Entry | undefined;
  readonly gone: ReadonlySet<string>;
  readonly field: string | undefined;
  /** The field that the plan refuses. */
  readonly misplaced: Misplaced | undefined;
  readonly adding: boolean;
  /** The collection was made a moment ago, and takes the focus. */
  readonly begun: boolean;
  readonly onBegun: () => void;
  /** The field whose text takes the focus once it is chosen. */
  readonly writing: string | undefined;
  readonly onWriting: (writing: string | undefined) => void;
  readonly readOnly: boolean;
  readonly width: number;
  readonly onWidth: (width: number) => void;
  readonly onStage: (edits: Edits) => void;
  readonly onField: (field: string | undefined) => void;
  readonly onAdding: (adding: boolean) => void;
  readonly onRelate: () => void;
  readonly onOpen: (collection: string) => void;
  readonly onClose: () => void;
}

/** Beside everything; on a narrow window over the canvas, and on one that is short, too, over the plan. */
const PLACE = "col-start-2 row-start-1 row-end-5 max-[1100px]:col-start-1 max-[1100px]:row-start-2 max-[1100px]:row-end-3 max-[1100px]:[@media(max-height:640px)]:row-end-4";

const narrow = typeof matchMedia === "function" ? matchMedia("(max-width: 1100px)") : null;

/** Below this width the panel lies over the diagram, so it must be possible to put it away. */
function useNarrow(): boolean {
  return useSyncExternalStore(
    (changed) => {
      narrow?.addEventListener("change", changed);
      return () => narrow?.removeEventListener("change", changed);
    },
    () => narrow?.matches ?? false,
  );
}

export function Inspector(props: InspectorProps) {
  const { entry, width, onWidth } = props;
  if (!entry) {
    return (
      <Drawer label={t("inspector")} title={t("inspector.none")} width={width} onWidth={onWidth} className={cx(PLACE, "max-[1100px]:hidden")}>
        <p className="p-4 text-ink-2">{t("inspector.none.body")}</p>
      </Drawer>
    );
  }
  return <Selected key={entry.id} {...props} entry={entry} />;
}

function Selected({ drafts, entry, gone, field, misplaced, adding, begun, onBegun, writing, onWriting, readOnly, width, onWidth, onStage, onField, onAdding, onRelate, onOpen, onClose }: InspectorProps & { entry: Entry }) {
  const { base, draft } = entry;
  const ended = endedFields(draft, gone);
  const dropped = gone.has(entry.id);
  const locked = readOnly || dropped;
  const count = useRowCount(base ? entry.id : undefined);
  const rows = count && !count.estimated ? count.rows : null;
  const own = draft.fields.filter((known) => !isQuiet(draft, known));
  const chosen = draft.fields.find((known) => known.id === field);
  const nameRef = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    if (!begun) return;
    list.current?.querySelector<HTMLElement>("[data-field]")?.focus();
    onBegun();
  }, [begun, onBegun]);
  // The form of a new field goes with what had the focus in it.
  useEffect(() => {
    if (!adding) return undefined;
    const fields = list.current;
    return () => {
      if (isFocusLost()) fields?.querySelector<HTMLElement>("[data-field][tabindex='0']")?.focus();
    };
  }, [adding]);
  const over = useNarrow();
  const ordered = [...own, ...draft.fields.filter((known) => isQuiet(draft, known))];

  const move = (from: DraftField, by: number) => {
    const next = ordered[ordered.indexOf(from) + by];
    if (!next) return;
    onField(next.id);
    list.current?.querySelector<HTMLElement>(`[data-field="${CSS.escape(next.id)}"]`)?.focus();
  };
  return (
    <Drawer
      label={t("inspector")}
      className={PLACE}
      width={width}
      onWidth={onWidth}
      onClose={over ? onClose : undefined}
      title={
        <h2 className="min-w-0">
          <button type="button" className="flex max-w-full items-center gap-2" title={t("field.edit")} onClick={() => onField(undefined)}>
            <span className={cx("truncate", dropped && "text-bad line-through")}>{draft.name}</span>
            {base && base.name !== draft.name ? <s className="truncate font-normal text-ink-3">{base.name}</s> : null}
            <span className="shrink-0 text-second font-normal text-ink-3">{t("inspector.fields", { count: own.length })}</span>
          </button>
        </h2>
      }
      actions={
        locked ? null : (
          <>
            <IconButton icon={Plus} label={t("inspector.new", { name: draft.name })} command="collections.field" onClick={() => onAdding(true)} />
            <Menu
              align="end"
              trigger={<IconButton icon={Ellipsis} label={t("inspector.more", { name: draft.name })} />}
              entries={[
                { label: t("cmd.field"), keys: "A", onSelect: () => onAdding(true) },
                { label: t("cmd.relate"), keys: "R", onSelect: onRelate },
                { label: t("field.edit"), onSelect: () => onField(undefined) },
                ...(isSystem(entry) ? [] : [null, { label: t("drop.collection", { name: draft.name }), destructive: true, onSelect: () => onStage(toggleCollection(entry)) }]),
              ]}
            />
          </>
        )
      }
    >
      <ul ref={list} aria-label={t("fields", { name: draft.name })} className="border-b border-line py-1.5">
        {ordered.map((known) => {
          const { was, state } = stateOf(entry, known, ended);
          const on = chosen?.id === known.id;
          const quiet = isQuiet(draft, known);
          const out = state === "dropped" || dropped;
          const key = known.def["primaryKey"] === true;
          const Icon = key ? KeyRound : relationOf(known) ? Link2 : isComputed(known) ? SquareFunction : null;
          const type = typeOf(drafts, known);
          // What another expression answers is known once it is applied.
          const oldType = was && !(isComputed(known) && isComputed(was)) ? typeOf(drafts, was) : type;
          return (
            <li key={known.id} className={cx("flex h-[26px] items-center pr-4", on ? "bg-bg-active" : "hover:bg-bg-hover")}>
              <button
                type="button"
                data-field={known.id}
                aria-current={on || undefined}
                tabIndex={on || (!chosen && known === ordered[0]) ? 0 : -1}
                className="ring-cell flex h-full min-w-0 flex-1 items-center gap-1.5 pl-3 text-left"
                onClick={() => onField(on ? undefined : known.id)}
                onKeyDown={(event) => {
                  if (event.key === "ArrowDown") move(known, 1);
                  else if (event.key === "ArrowUp") move(known, -1);
                  else if (event.key === "F2" || (event.key === "Enter" && on)) nameRef.current?.focus();
                  else return;
                  event.preventDefault();
                }}
              >
                <span className="flex w-4 shrink-0 justify-center text-ink-2">{Icon ? <Icon aria-hidden size={12} /> : null}</span>
                <span className={cx("truncate", on && "font-medium", out ? "text-bad line-through" : quiet ? "text-ink-3" : "")}>{known.name}</span>
                {was && was.name !== known.name ? <s className="truncate text-ink-3">{was.name}</s> : null}
                <span className="flex-1" />
                {out ? null : (
                  <span className="max-w-36 truncate text-second text-ink-3">
                    {oldType !== type ? <s className="mr-1">{oldType}</s> : null}
                    {key ? t("field.key", { type }) : type}
                  </span>
                )}
              </button>
              {state === "dropped" && known.dropped && !locked ? (
                <button type="button" aria-label={t("putBack.field", { name: known.name })} className="ml-2 rounded-control px-1 text-second text-bad hover:bg-bad-tint" onClick={() => onStage(toggleDropped(drafts, entry, known.id))}>
                  {t("putBack")}
                </button>
              ) : null}
              <span className="ml-2 flex w-2 justify-center">
                {misplaced?.collection === entry.id && misplaced.field === known.id ? (
                  <CircleAlert role="img" aria-label={t("field.refused")} size={12} className="shrink-0 text-bad" />
                ) : state === undefined || dropped ? null : (
                  <Dot state={out ? "bad" : "draft"} />
                )}
              </span>
            </li>
          );
        })}
      </ul>
      {adding && !locked ? (
        <AddField
          entry={entry}
          onStage={onStage}
          onWrite={(id) => {
            onField(id);
            onWriting(id);
          }}
          onDone={() => onAdding(false)}
        />
      ) : chosen ? (
        <FieldEditor
          key={chosen.id}
          drafts={drafts}
          entry={entry}
          field={chosen}
          ended={ended.has(chosen.id)}
          was={base?.fields.find((known) => known.id === chosen.id)}
          misplaced={misplaced?.collection === entry.id && misplaced.field === chosen.id ? misplaced : undefined}
          rows={rows}
          readOnly={locked}
          nameRef={nameRef}
          writing={writing === chosen.id}
          onWritten={() => onWriting(undefined)}
          onStage={onStage}
          onDrop={() => onStage(toggleDropped(drafts, entry, chosen.id))}
          onOpen={onOpen}
        />
      ) : (
        <CollectionEditor drafts={drafts} entry={entry} rows={rows} dropped={dropped} readOnly={readOnly} onStage={onStage} />
      )}
    </Drawer>
  );
}

function AddField({ entry, onStage, onWrite, onDone }: { entry: Entry; onStage: (edits: Edits) => void; onWrite: (field: string) => void; onDone: () => void }) {
  const [name, setName] = useState("");
  const [type, setType] = useState("String");
  const input = useRef<HTMLInputElement>(null);
  const fault = name === "" ? null : fieldNameFault(entry, name);
  useEffect(() => input.current?.focus(), []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name === "" || fault !== null) return;
    const { edits, id } = addField(entry, { name, def: withType({ type }, type) });
    onStage(edits);
    setName("");
    // Some types say nothing until they are told more.
    if (type === "Enum" || type === "VIRTUAL") {
      onDone();
      onWrite(id);
    } else input.current?.focus();
  };
  return (
    <form
      aria-label={t("add.title")}
      onSubmit={submit}
      className="flex flex-col gap-3 p-4"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        onDone();
      }}
    >
      <h3 className="font-semibold">{t("add.title")}</h3>
      <div className="grid grid-cols-[minmax(0,1fr)_128px] gap-2">
        <Field label={t("edit.name")} error={fault ?? undefined} note={t("add.note")}>
          {(ids) => <Input {...ids} ref={input} value={name} invalid={fault !== null} onChange={(event) => setName(event.target.value.trim())} />}
        </Field>
        <Field label={t("edit.type")}>{(ids) => <TypeSelect {...ids} value={type} onChange={setType} />}</Field>
      </div>
      <div className="flex gap-2">
        <Button type="submit" disabled={name === "" || fault !== null}>
          {t("add.stage")}
        </Button>
        <Button kind="ghost" onClick={onDone}>
          {t("add.done")}
        </Button>
      </div>
    </form>
  );
}

function CollectionEditor({ drafts, entry, rows, dropped, readOnly, onStage }: { drafts: Drafts; entry: Entry; rows: number | null; dropped: boolean; readOnly: boolean; onStage: (edits: Edits) => void }) {
  const { base, draft } = entry;
  const system = isSystem(entry);
  const locked = readOnly || dropped;
  const renamed = base !== undefined && base.name !== draft.name;
  const [groups, onGroups] = useGroups();
  return (
    <>
      <DrawerSection title={t("collection")}>
        <div className="flex flex-col gap-3">
          <StagedInput
            label={t("collection.name")}
            value={draft.name}
            disabled={locked || system}
            fault={(name) => collectionNameFault(drafts, name, entry)}
            onStage={(name) => onStage(renameCollection(entry, name))}
          />
          {dropped ? (
            <>
              <Note kind="warn">{t(draft.dropTable ? "collection.tableDropped" : isAdopted(draft) ? "collection.forgotten" : "collection.dropped")}</Note>
              {draft.dropped && isAdopted(draft) ? (
                <Checkbox checked={draft.dropTable === true} disabled={readOnly} aria-label={t("collection.dropTable")} onChange={(on) => onStage(setDropTable(entry, on))}>
                  {t("collection.dropTable")} <span className="ml-1 text-second text-ink-3">{t("collection.dropTable.note")}</span>
                </Checkbox>
              ) : null}
            </>
          ) : system ? (
            <Note>{t("collection.system")}</Note>
          ) : renamed ? (
            <Note>
              {rows === null
                ? t.rich("collection.renamedPlain", { name: <b className="font-semibold text-ink">{base.name}</b> })
                : t.rich("collection.renamed", { name: <b className="font-semibold text-ink">{base.name}</b>, count: rows })}
            </Note>
          ) : null}
          {groups.length === 0 ? null : <Field label={d("group")}>{(ids) => <GroupSelect {...ids} collection={entry.id} groups={groups} onGroups={onGroups} />}</Field>}
          <div role="group" aria-label={t("flags")} className="flex flex-col gap-2">
            <span className="text-second text-ink-2">{t("flags")}</span>
            {FLAGS.map((flag) => (
              <Checkbox key={flag} checked={flagOn(draft, flag)} disabled={locked || system} aria-label={t(`flag.${flag}`)} onChange={(on) => onStage(setFlag(entry, flag, on))}>
                {t(`flag.${flag}`)} <span className="ml-1 text-second text-ink-3">{t(`flag.${flag}.note`)}</span>
              </Checkbox>
            ))}
          </div>
          <Keeping entry={entry} disabled={locked || system} onStage={onStage} />
        </div>
      </DrawerSection>
      <Indexes entry={entry} locked={locked} onStage={onStage} />
      {readOnly || system ? null : (
        <div className="p-4">
          <Button kind={draft.dropped ? "outlined" : "destructive"} size="small" keys="Delete" onClick={() => onStage(toggleCollection(entry))}>
            {draft.dropped ? t("putBack.field", { name: draft.name }) : t("drop.collection", { name: draft.name })}
          </Button>
        </div>
      )}
    </>
  );
}

function Indexes({ entry, locked, onStage }: { entry: Entry; locked: boolean; onStage: (edits: Edits) => void }) {
  const { base, draft } = entry;
  const [making, setMaking] = useState(false);
  const [fields, setFields] = useState<readonly string[]>([]);
  const [use, setUse] = useState<IndexUse>("values");
  const plain = (field: DraftField) => isColumn(field) && !isComputed(field) && !field.dropped;
  const columns = draft.fields.filter(use === "words" ? isSearched : plain);
  const turn = (next: IndexUse) => {
    if ((next === "words") !== (use === "words")) setFields(next === "words" ? searchedFields(draft) : []);
    setUse(next);
  };
  return (
    <DrawerSection
      title={t("indexes")}
      actions={
        locked || making ? null : (
          <Button size="small" kind="ghost" icon={Plus} onClick={() => setMaking(true)}>
            {t("index.add")}
          </Button>
        )
      }
    >
      {draft.indexes.length === 0 && !making ? <p className="text-second text-ink-3">{t("indexes.none")}</p> : null}
      <ul>
        {draft.indexes.map((index) => {
          const fresh = !base?.indexes.some((known) => known.name === index.name);
          return (
            <li key={index.name} className="flex h-[26px] items-center gap-2">
              <span title={index.name} className={cx("min-w-0 flex-1 truncate", index.dropped && "text-bad line-through")}>
                {t("index.on", { fields: index.fields.join(", ") })}
              </span>
              {index.unique ? <Badge>{t("index.unique")}</Badge> : null}
              {index.rest["type"] === "fulltext" ? <Badge>{t("index.words")}</Badge> : null}
              {fresh || index.dropped ? <Dot state={index.dropped ? "bad" : "draft"} /> : null}
              {locked ? null : (
                <IconButton
                  small
                  icon={index.dropped ? Plus : X}
                  label={t(index.dropped ? "index.back" : "index.drop", { name: index.name })}
                  onClick={() => onStage(toggleIndex(entry, index.name))}
                />
              )}
            </li>
          );
        })}
      </ul>
      {making ? (
        <form
          aria-label={t("index.add")}
          className="mt-2 flex flex-col gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            if (fields.length === 0) return;
            onStage(addIndex(entry, fields, use));
            setMaking(false);
            setFields([]);
            setUse("values");
          }}
        >
          <div role="group" aria-label={t("index.fields")} className="grid max-h-40 grid-cols-2 gap-1.5 overflow-y-auto border border-line p-2">
            {columns.map((field) => (
              <Checkbox
                key={field.id}
                checked={fields.includes(field.name)}
                onChange={(on) => setFields(on ? [...fields, field.name] : fields.filter((name) => name !== field.name))}
              >
                {field.name}
              </Checkbox>
            ))}
          </div>
          {fields.length > 0 ? <p className="text-second text-ink-2">{t("index.on", { fields: fields.join(", ") })}</p> : null}
          <Checkbox checked={use === "unique"} onChange={(on) => turn(on ? "unique" : "values")}>
            {t("index.uniqueLabel")}
          </Checkbox>
          {isAdopted(draft) ? null : (
            <Checkbox checked={use === "words"} onChange={(on) => turn(on ? "words" : "values")}>
              {t("index.wordsLabel")}
            </Checkbox>
          )}
          {use === "words" ? <p className="text-second text-ink-2">{t("index.wordsHint")}</p> : null}
          <div className="flex gap-2">
            <Button type="submit" size="small" disabled={fields.length === 0}>
              {t("index.stage")}
            </Button>
            <Button size="small" kind="ghost" onClick={() => setMaking(false)}>
              {t("cancel")}
            </Button>
          </div>
        </form>
      ) : null}
    </DrawerSection>
  );
}
