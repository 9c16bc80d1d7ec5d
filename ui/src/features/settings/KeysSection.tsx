import { Pencil, Plus, Trash2, Undo2 } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Badge } from "@/kit/Badge";
import { Button, IconButton } from "@/kit/Button";
import { CodeEditor } from "@/kit/CodeEditor";
import { useCommands } from "@/kit/commands";
import { cx } from "@/kit/cx";
import { Field, Input } from "@/kit/Field";
import { useLeaving } from "@/kit/leave";
import { Empty } from "@/kit/states";
import { parseJson, prettyJson, printJson } from "@/lib/exact-json";
import { Frame, sayValue, SectionHead, useForm } from "./form";
import { t } from "./messages";
import { s } from "./section-messages";
import { keyFault, nodeOf } from "./settings";

/** The key that is edited; a new one has no name yet. */
type Editing = { readonly name: string } | { readonly name: null } | null;

/** `staged`: free keys among the open changes, new ones included. */
export function KeysSection({ staged }: { staged: readonly string[] }) {
  const form = useForm();
  const [editing, setEditing] = useState<Editing>(null);
  const list = useRef<HTMLDivElement>(null);
  const names = [...new Set([...form.held.free, ...staged])].sort((a, b) => a.localeCompare(b));
  // What is being edited is not closed by a key that was meant for the list.
  const add = () => setEditing((now) => now ?? { name: null });
  /** The focus goes back to where it came from, which the editor has taken the place of. */
  const close = (back: string | null) => {
    setEditing(null);
    const to = back === null ? "[data-new-key]" : `[data-setting="${CSS.escape(back)}"] button`;
    requestAnimationFrame(() => list.current?.querySelector<HTMLElement>(to)?.focus());
  };
  useCommands(
    form.stop === undefined
      ? [{ id: "settings.key", label: t("cmd.key"), keys: "N", group: t("group"), icon: Plus, run: add }]
      : [],
  );
  return (
    <div ref={list}>
      <SectionHead title={s("keys")} lead={t("keys.lead")} />
      {editing?.name === null ? (
        <Editor
          taken={names}
          onStage={(name, text) => {
            form.stage(name, text);
            close(name);
          }}
          onCancel={() => close(null)}
        />
      ) : form.stop === undefined && names.length > 0 ? (
        <Button icon={Plus} command="settings.key" data-new-key="" onClick={add}>
          {t("keys.new")}
        </Button>
      ) : null}
      {names.length === 0 ? (
        editing === null ? (
          <Empty
            className="border border-line"
            title={t("keys.none")}
            actions={
              form.stop === undefined ? (
                <Button icon={Plus} command="settings.key" data-new-key="" onClick={add}>
                  {t("keys.new")}
                </Button>
              ) : undefined
            }
          >
            {t("keys.none.body")}
          </Empty>
        ) : null
      ) : (
        <ul aria-label={t("keys.list")} className="mt-3 border-t border-line">
          {names.map((name) => (
            <li key={name} className="border-b border-line">
              {editing?.name === name ? (
                <div className="py-3">
                  <Editor
                    name={name}
                    value={form.now(name)}
                    taken={names}
                    onStage={(_name, text) => {
                      form.stage(name, text);
                      close(name);
                    }}
                    onCancel={() => close(name)}
                  />
                </div>
              ) : (
                <Row name={name} onEdit={() => setEditing({ name })} />
              )}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Row({ name, onEdit }: { name: string; onEdit: () => void }) {
  const form = useForm();
  const op = form.op(name);
  const stored = form.held.values.get(name);
  const now = form.now(name);
  const goes = op !== undefined && now === undefined;
  const shown = now ?? stored;
  const text = shown === undefined ? "" : printJson(nodeOf(shown));
  const refused = form.refused(name);
  return (
    <div className={cx("px-2 py-1", op && "bg-draft-tint")}>
      <Frame name={name} label={name} labelled={false} error={refused} was={stored === undefined ? undefined : sayValue(name, stored)} bare>
        {() => (
          <div className="flex min-h-row items-center gap-3">
            <code className={cx("w-44 shrink-0 truncate font-medium", goes && "text-ink-3 line-through")} title={name}>
              {name}
            </code>
            <code className={cx("min-w-0 flex-1 truncate text-ink-2", goes && "text-ink-3! line-through")} title={text.length > 60 ? text.slice(0, 2_000) : undefined}>
              {text}
            </code>
            {op ? <Badge kind="staged">{t(goes ? "keys.gone.badge" : stored === undefined ? "keys.new.badge" : "keys.changed.badge")}</Badge> : null}
            {form.stop === undefined ? (
              <span className="flex w-14 shrink-0 items-center justify-end gap-1">
                {goes ? null : <IconButton icon={Pencil} iconSize={14} label={t("keys.edit", { name })} onClick={onEdit} />}
                {op ? (
                  <IconButton icon={Undo2} iconSize={14} label={t("back", { name })} onClick={() => form.putBack(name)} />
                ) : (
                  <IconButton icon={Trash2} iconSize={14} label={t("keys.remove", { name })} onClick={() => form.stage(name, undefined)} />
                )}
              </span>
            ) : null}
          </div>
        )}
      </Frame>
    </div>
  );
}

/** Where in a text the parser stopped, as editors count. */
function placeIn(text: string, at: number): { line: number; column: number } {
  const lines = text.slice(0, at).split("\n");
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

function jsonFault(text: string): string | null {
  const parsed = parseJson(text);
  if (parsed.ok) return parsed.node.t === "null" ? t("keys.json.null") : null;
  return parsed.fault.reason === "ended" ? t("keys.json.ended") : t("keys.json.at", placeIn(text, parsed.fault.at));
}

/** A key and its JSON. What is wrong is told once one tries to stage it, and from then on as it is mended. */
function Editor({
  name,
  value,
  taken,
  onStage,
  onCancel,
}: {
  name?: string | undefined;
  value?: string | undefined;
  taken: readonly string[];
  onStage: (name: string, text: string) => void;
  onCancel: () => void;
}) {
  const [key, setKey] = useState(name ?? "");
  const [text, setText] = useState(() => (value === undefined ? "" : prettyJson(nodeOf(value))));
  const [tried, setTried] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const wanted = key.trim();
  const fault = name === undefined ? keyFault(wanted) : null;
  const keyWrong = fault !== null ? t(`keys.fault.${fault}`) : name === undefined && taken.includes(wanted) ? t("keys.fault.twice") : null;
  const wrong = jsonFault(text);
  const stage = () => {
    setTried(true);
    if (keyWrong !== null) field.current?.focus();
    else if (wrong === null) {
      const parsed = parseJson(text);
      if (parsed.ok) onStage(wanted, printJson(parsed.node));
    }
  };
  useEffect(() => field.current?.focus(), []);
  // Another section, or a commit, takes the editor away: what can be staged is not lost with it.
  useLeaving(() => {
    const parsed = parseJson(text);
    if (keyWrong === null && wrong === null && parsed.ok) onStage(wanted, printJson(parsed.node));
  });
  return (
    <div
      role="group"
      aria-label={name ?? t("keys.new")}
      className="flex max-w-140 flex-col gap-3"
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.defaultPrevented || event.nativeEvent.isComposing) return;
        event.stopPropagation();
        onCancel();
      }}
    >
      {name === undefined ? (
        <Field label={t("keys.key")} error={tried ? (keyWrong ?? undefined) : undefined}>
          {(ids) => (
            <Input
              {...ids}
              ref={field}
              mono
              value={key}
              invalid={tried && keyWrong !== null}
              onChange={(event) => setKey(event.target.value)}
              onKeyDown={(event) => {
                if (event.key === "Enter" && !event.nativeEvent.isComposing) stage();
              }}
            />
          )}
        </Field>
      ) : (
        <code className="font-medium">{name}</code>
      )}
      <div className="flex flex-col">
        <span className="mb-1 text-second text-ink-2">{t("keys.value")}</span>
        <CodeEditor
          language="json"
          label={name === undefined ? t("keys.editor.new") : t("keys.editor", { name })}
          value={text}
          autoFocus={name !== undefined}
          caretAtEnd
          invalid={tried && wrong !== null}
          onChange={setText}
          onRun={stage}
          className="max-h-80 overflow-auto!"
        />
        {tried && wrong !== null ? (
          <p role="alert" className="mt-1 text-hint text-bad">
            {wrong}
          </p>
        ) : null}
      </div>
      <div className="flex items-center gap-2">
        <Button keys="Mod+Enter" onClick={stage}>
          {t("keys.stage")}
        </Button>
        <Button kind="ghost" onClick={onCancel}>
          {t("keys.cancel")}
        </Button>
      </div>
    </div>
  );
}
