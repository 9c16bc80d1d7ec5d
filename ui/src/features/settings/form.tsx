/** What every field of the settings has: its label, what it was, what is wrong, what somebody else wrote. */
import { GitBranch, Undo2 } from "lucide-react";
import { createContext, useContext, useId, useState, type KeyboardEvent, type ReactNode } from "react";
import { Button, IconButton } from "@/kit/Button";
import { Checkbox } from "@/kit/Checkbox";
import { cx } from "@/kit/cx";
import { Input, Textarea } from "@/kit/Field";
import type { Conflict, Op } from "@/lib/pending";
import { t } from "./messages";
import { isField, limitOf, plainOf, rolesOf, type FieldName, type Held } from "./settings";

/** What keeps this person from changing settings here. */
export type Stop = "role" | "guard" | undefined;

export interface Form {
  readonly held: Held;
  readonly stop: Stop;
  /** JSON text: what is staged, else what is stored. */
  now(name: string): string | undefined;
  op(name: string): Op | undefined;
  conflict(name: string): Conflict | undefined;
  /** What the server said of the value that is staged. */
  refused(name: string): string | undefined;
  stage(name: string, after: string | undefined, secret?: boolean): void;
  putBack(name: string): void;
  resolve(conflict: Conflict, choice: "mine" | "theirs"): void;
  /** A text that cannot be stored is kept with its field until it can be, whatever section is shown. */
  unfit(name: string): string | undefined;
  setUnfit(name: string, text: string | null): void;
}

export const FormContext = createContext<Form | null>(null);

export function useForm(): Form {
  const form = useContext(FormContext);
  if (!form) throw new Error("a field of the settings stands outside their form");
  return form;
}

/** How a stored value is said in a line of its own. */
export function sayValue(name: string, text: string | undefined): string {
  if (/_session_limit$/.test(name) && isField(name)) return shownOf("limit", text) || t("limit.none");
  if (name === "session_limit_roles" && rolesOf(text).length === 0) return t("roles.every");
  if (isField(name) && (text === "true" || text === "false")) return t(text === "true" ? "on" : "off");
  if (text === undefined) return t("value.gone");
  const plain = plainOf(text);
  return plain === "" ? t("value.none") : plain;
}

export function SectionHead({ title, lead }: { title: string; lead: string }) {
  return (
    <header className="mb-5">
      <h2 className="text-verdict font-semibold">{title}</h2>
      <p className="mt-0.5 text-ink-2">{lead}</p>
    </header>
  );
}

export function Group({ title, lead, children }: { title: string; lead?: string | undefined; children: ReactNode }) {
  return (
    <section className="mt-6 border-t border-line pt-4 first-of-type:mt-0 first-of-type:border-t-0 first-of-type:pt-0">
      <h3 className={cx("font-semibold", lead === undefined ? "mb-3" : "mb-1")}>{title}</h3>
      {lead === undefined ? null : <p className="mb-3 max-w-140 text-second text-ink-2">{lead}</p>}
      <div className="flex flex-col gap-4">{children}</div>
    </section>
  );
}

/** Two fields beside each other where there is room. */
export function Pair({ children }: { children: ReactNode }) {
  return <div className="grid grid-cols-2 items-start gap-x-4 gap-y-4 max-[700px]:grid-cols-1">{children}</div>;
}

interface FrameIds {
  readonly id: string;
  readonly "aria-describedby": string | undefined;
}

/** The label with what it was, the control, and one sentence below. */
export function Frame({
  name,
  label,
  labelled = true,
  bare = false,
  note,
  error,
  was,
  children,
}: {
  name: string;
  label: string;
  /** The control says its name itself, as a checkbox does. */
  labelled?: boolean;
  /** The control says itself what is staged and how it is put back. */
  bare?: boolean;
  note?: ReactNode;
  error?: ReactNode;
  /** How what stood there is said; nothing when it is not known. */
  was?: string | undefined;
  children: (ids: FrameIds) => ReactNode;
}) {
  const form = useForm();
  const id = useId();
  const op = form.op(name);
  const conflict = form.conflict(name);
  const below = error ?? note;
  const noteId = `${id}-note`;
  const theirs = conflict ? plainOf(conflict.theirs as string | undefined) : "";
  return (
    <div data-setting={name} className="flex min-w-0 flex-col">
      {labelled || (op && !bare) ? (
        <div className="mb-1 flex h-4 items-center gap-2 text-second">
          {labelled ? (
            <label htmlFor={id} className="shrink-0 text-ink-2">
              {label}
            </label>
          ) : null}
          {op ? (
            <>
              <span className="min-w-0 flex-1 truncate text-draft" title={was}>
                {op.secret === true ? t("was.unknown") : was === undefined || was === "" ? t("was.none") : t("was", { value: was })}
              </span>
              <IconButton small icon={Undo2} label={t("back", { name: label })} onClick={() => form.putBack(name)} />
            </>
          ) : null}
        </div>
      ) : null}
      {children({ id, "aria-describedby": below ? noteId : undefined })}
      {below ? (
        <p id={noteId} role={error ? "alert" : undefined} className={cx("mt-1 text-hint", error ? "text-bad" : "text-ink-3")}>
          {below}
        </p>
      ) : null}
      {conflict ? (
        <div role="alert" className="mt-1 flex flex-wrap items-center gap-2 border-l-2 border-warn bg-warn-tint px-2 py-1 text-second text-ink-2">
          <GitBranch aria-hidden size={13} className="stroke-meaning text-warn" />
          <span className="line-clamp-3 min-w-40 flex-1 wrap-anywhere">
            {conflict.theirs === undefined ? t("theirs.gone") : theirs === "" ? t("theirs.none") : t("theirs", { value: theirs })}
          </span>
          <span className="ml-auto flex shrink-0 gap-2">
            <Button size="small" aria-label={t("mine.of", { name: label })} onClick={() => form.resolve(conflict, "mine")}>
              {t("mine")}
            </Button>
            <Button size="small" aria-label={t("take.of", { name: label })} onClick={() => form.resolve(conflict, "theirs")}>
              {t("take")}
            </Button>
          </span>
        </div>
      ) : null}
    </div>
  );
}

/** How a text in a field becomes a value: texts as they are, whole numbers, limits where nothing is none. */
export type Kind = "text" | "number" | "limit";

function shownOf(kind: Kind, stored: string | undefined): string {
  if (kind !== "limit") return plainOf(stored);
  const limit = limitOf(stored);
  return limit === null ? "" : String(limit);
}

function sayWas(kind: Kind, stored: string | undefined): string {
  const text = shownOf(kind, stored);
  return text === "" && kind === "limit" ? t("limit.none") : text;
}

/** No limit is kept as it is stored; where there was one it becomes what a new project has. */
const NO_LIMIT = "-1";

function storedOf(kind: Kind, text: string, before: string | undefined): string {
  if (kind === "text") return text === "" ? "null" : JSON.stringify(text);
  if (text !== "") return String(Number(text));
  if (kind === "number") return "null";
  return limitOf(before) === null ? (before ?? NO_LIMIT) : NO_LIMIT;
}

export interface Typed {
  readonly shown: string;
  readonly wrong: string | null;
  readonly was: string;
  type(text: string): void;
  /** Stages what is typed; what cannot be stored stays in the field. */
  stage(): void;
  /** Back to what is staged or stored. True when there was something to take back. */
  restore(): boolean;
}

/** A text that is staged when it is left or confirmed, so that one change is one step to undo. */
export function useTyped(name: FieldName, kind: Kind, fault?: (text: string) => string | null, lines = false): Typed {
  const form = useForm();
  const [typed, setTyped] = useState<string | null>(() => form.unfit(name) ?? null);
  const value = shownOf(kind, form.now(name));
  const shown = typed ?? value;
  const text = lines ? shown : shown.trim();
  const wrong = typed === null || text === value || text === "" ? null : (fault?.(text) ?? null);
  return {
    shown,
    wrong,
    was: sayWas(kind, (form.op(name)?.before as string | undefined) ?? form.held.values.get(name)),
    type: setTyped,
    stage: () => {
      if (typed === null) return;
      if (wrong !== null) {
        form.setUnfit(name, typed);
        return;
      }
      form.setUnfit(name, null);
      setTyped(null);
      if (text !== value) form.stage(name, storedOf(kind, text, form.held.values.get(name)));
    },
    restore: () => {
      form.setUnfit(name, null);
      setTyped(null);
      return typed !== null;
    },
  };
}

/** Enter stages and Escape restores; in a text of lines Enter is a line. */
export function typedKeys(typed: Typed, lines = false): (event: KeyboardEvent) => void {
  return (event) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Enter" && (!lines || event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      typed.stage();
    } else if (event.key === "Escape" && typed.restore()) {
      event.preventDefault();
      event.stopPropagation();
    }
  };
}

/** Staged is tinted; what may not be changed stands on the quieter ground. */
export function lookOf(staged: boolean, readOnly: boolean): string {
  return staged ? "bg-draft-tint!" : readOnly ? "bg-bg-sunk! text-ink-2!" : "";
}

export function TextField({
  name,
  label,
  kind = "text",
  note,
  fault,
  lines,
  mono,
  placeholder,
  suggestions,
  inputMode,
}: {
  name: FieldName;
  label: string;
  kind?: Kind;
  /** Of what the field says now, or the same for all of it. */
  note?: string | ((text: string) => string | undefined) | undefined;
  fault?: ((text: string) => string | null) | undefined;
  lines?: number | undefined;
  mono?: boolean | undefined;
  placeholder?: string | undefined;
  suggestions?: readonly string[] | undefined;
  inputMode?: "numeric" | "url" | "email" | undefined;
}) {
  const form = useForm();
  const list = useId();
  const typed = useTyped(name, kind, fault, lines !== undefined);
  const readOnly = form.stop !== undefined;
  const refused = typed.wrong === null ? form.refused(name) : undefined;
  const below = typeof note === "function" ? note(typed.shown.trim()) : note;
  const shared = {
    value: typed.shown,
    readOnly,
    placeholder,
    mono,
    invalid: typed.wrong !== null || refused !== undefined,
    className: lookOf(form.op(name) !== undefined, readOnly),
    onBlur: typed.stage,
    "data-staged-on-leave": "",
  };
  return (
    <Frame name={name} label={label} note={below} error={typed.wrong ?? refused} was={typed.was}>
      {(ids) => (
        <>
          {lines === undefined ? (
            <Input
              {...ids}
              {...shared}
              inputMode={inputMode}
              list={suggestions && !readOnly ? list : undefined}
              onChange={(event) => typed.type(event.target.value)}
              onKeyDown={typedKeys(typed)}
            />
          ) : (
            <Textarea {...ids} {...shared} rows={lines} onChange={(event) => typed.type(event.target.value)} onKeyDown={typedKeys(typed, true)} />
          )}
          {suggestions && !readOnly ? (
            <datalist id={list}>
              {suggestions.map((one) => (
                <option key={one} value={one} />
              ))}
            </datalist>
          ) : null}
        </>
      )}
    </Frame>
  );
}

export function Switch({ name, label }: { name: FieldName; label: string }) {
  const form = useForm();
  const on = form.now(name) === "true";
  const op = form.op(name);
  return (
    <Frame name={name} label={label} labelled={false} error={form.refused(name)} was={t((op ? op.before : form.held.values.get(name)) === "true" ? "on" : "off")}>
      {() => (
        <Checkbox
          checked={on}
          disabled={form.stop !== undefined}
          onChange={(next) => form.stage(name, String(next))}
          className={cx("-ml-1 self-start rounded-tag px-1 py-0.5", op && "bg-draft-tint", form.stop !== undefined && "text-ink-2!")}
        >
          {label}
        </Checkbox>
      )}
    </Frame>
  );
}
