import { Plus, X } from "lucide-react";
import { useRef, useState, type FormEvent } from "react";
import { Button, IconButton } from "@/kit/Button";
import { Checkbox } from "@/kit/Checkbox";
import { Dialog } from "@/kit/Dialog";
import { Field, Input } from "@/kit/Field";
import { Select } from "@/kit/Select";
import { NAME, type Drafts, type Edits } from "./draft";
import { newCollection } from "./edits";
import { TypeSelect } from "./inputs";
import { t } from "./messages";
import { keyDefinition, KEYS, withType, type KeyType } from "./types";
import { collectionNameFault } from "./words";

interface Row {
  readonly key: number;
  readonly name: string;
  readonly type: string;
}

export function NewCollectionDialog({ drafts, onStage, onClose }: { drafts: Drafts; onStage: (edits: Edits) => void; onClose: () => void }) {
  const [name, setName] = useState("");
  const [left, setLeft] = useState(false);
  const [key, setKey] = useState<KeyType>("UUID");
  const [rows, setRows] = useState<readonly Row[]>([{ key: 0, name: "", type: "String" }]);
  const [timestamps, setTimestamps] = useState(true);
  const first = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);

  const fault = collectionNameFault(drafts, name.trim());
  const faultOf = (row: Row, at: number): string | null => {
    const wanted = row.name.trim();
    if (wanted === "") return null;
    if (!NAME.test(wanted)) return t("name.bad");
    const taken = ["id", ...rows.slice(0, at).map((other) => other.name.trim())];
    return taken.some((other) => other.toLowerCase() === wanted.toLowerCase()) ? t("name.taken", { name: wanted }) : null;
  };
  const ready = fault === null && rows.every((row, at) => faultOf(row, at) === null);
  const change = (at: number, patch: Partial<Row>) => setRows(rows.map((row, index) => (index === at ? { ...row, ...patch } : row)));
  const more = () => {
    setRows([...rows, { key: Math.max(...rows.map((row) => row.key), 0) + 1, name: "", type: "String" }]);
    setTimeout(() => list.current?.querySelector<HTMLInputElement>("[data-field]:last-child input")?.focus(), 0);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setLeft(true);
    if (!ready) return;
    const fields = rows
      .filter((row) => row.name.trim() !== "")
      .map((row) => ({ name: row.name.trim(), def: withType({ type: row.type }, row.type) }));
    const edits = newCollection(name.trim(), keyDefinition(key), fields, timestamps);
    onClose();
    // The dialog is gone before the canvas is laid out anew: each is a task of its own.
    setTimeout(() => onStage(edits), 0);
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("make.title")}
      lead={t("make.lead")}
      initialFocus={first}
      actions={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" form="new-collection" disabled={!ready}>
            {t("make.stage")}
          </Button>
        </>
      }
    >
      <form id="new-collection" onSubmit={submit} className="flex flex-col gap-3">
        <div className="grid grid-cols-2 gap-2">
          <Field label={t("make.name")} error={fault !== null && (left || name !== "") ? fault : undefined}>
            {(ids) => (
              <Input
                {...ids}
                ref={first}
                value={name}
                placeholder={t("make.name.hint")}
                invalid={fault !== null && (left || name !== "")}
                onChange={(event) => setName(event.target.value)}
              />
            )}
          </Field>
          <Field label={t("make.key")}>
            {(ids) => <Select {...ids} value={key} onChange={setKey} options={KEYS.map((type) => ({ value: type, label: t(`make.key.${type}`) }))} />}
          </Field>
        </div>
        <div role="group" aria-label={t("make.fields")} className="flex flex-col">
          <span className="mb-1 text-second text-ink-2">{t("make.fields")}</span>
          <div ref={list} className="flex flex-col gap-2">
            {rows.map((row, at) => {
              const wrong = faultOf(row, at);
              return (
                <div key={row.key} data-field="" className="flex flex-col">
                  <div className="grid grid-cols-[minmax(0,1fr)_150px_26px] gap-2">
                    <Input
                      aria-label={t("make.field", { number: at + 1 })}
                      value={row.name}
                      placeholder={at === 0 ? t("make.field.hint") : undefined}
                      invalid={wrong !== null}
                      onChange={(event) => change(at, { name: event.target.value })}
                    />
                    <TypeSelect aria-label={t("make.field.type", { number: at + 1 })} value={row.type} onChange={(type) => change(at, { type })} />
                    <IconButton
                      icon={X}
                      iconSize={14}
                      label={t("make.field.remove", { number: at + 1 })}
                      disabled={rows.length === 1}
                      onClick={() => setRows(rows.filter((_, index) => index !== at))}
                    />
                  </div>
                  {wrong === null ? null : (
                    <p role="alert" className="mt-1 text-hint text-bad">
                      {wrong}
                    </p>
                  )}
                </div>
              );
            })}
          </div>
          <Button kind="ghost" size="small" icon={Plus} className="mt-2 self-start" onClick={more}>
            {t("make.more")}
          </Button>
        </div>
        <Checkbox checked={timestamps} onChange={setTimestamps}>
          {t("make.timestamps")}
        </Checkbox>
      </form>
    </Dialog>
  );
}
