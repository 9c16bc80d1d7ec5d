import { Trash2 } from "lucide-react";
import { useRef, useState, type FormEvent } from "react";
import { Button, IconButton } from "@/kit/Button";
import { Dialog } from "@/kit/Dialog";
import { Field, Input } from "@/kit/Field";
import { SWATCHES } from "@/kit/GridCell";
import { Select } from "@/kit/Select";
import { added, groupFault, groupOf, patchedGroup, put, without, type Group, type Groups } from "@/lib/groups";
import { d } from "./diagram-messages";

type Change = (change: (groups: Groups) => Groups) => void;

const COLOUR_WORDS = ["groups.colour.1", "groups.colour.2", "groups.colour.3", "groups.colour.4", "groups.colour.5", "groups.colour.6"] as const;

function Swatch({ colour }: { colour: number }) {
  return <span aria-hidden className="size-[7px] shrink-0" style={{ background: SWATCHES[colour] }} />;
}

function fault(groups: Groups, name: string, self?: string): string | null {
  const found = groupFault(groups, name, self);
  return found === null ? null : found === "empty" ? d("groups.empty") : d("groups.taken", { name: name.trim() });
}

const NONE = "none";

/** In which group a collection is; nothing is staged, as nothing in the store changes. */
export function GroupSelect({ collection, groups, onGroups, id, ...rest }: { collection: string; groups: Groups; onGroups: Change; id?: string; "aria-describedby"?: string | undefined }) {
  return (
    <Select
      {...rest}
      id={id}
      value={groupOf(groups, collection)?.id ?? NONE}
      onChange={(next) => onGroups((held) => put(held, collection, next === NONE ? undefined : next))}
      options={[
        { value: NONE, label: d("group.none") },
        ...groups.map((group) => ({
          value: group.id,
          label: (
            <span className="flex min-w-0 items-center gap-2">
              <Swatch colour={group.colour} />
              <span className="truncate">{group.name}</span>
            </span>
          ),
        })),
      ]}
    />
  );
}

function Row({ group, groups, onGroups }: { group: Group; groups: Groups; onGroups: Change }) {
  const [name, setName] = useState(group.name);
  const wrong = fault(groups, name, group.id);
  return (
    <li className="flex flex-col">
      <div className="flex items-center gap-2">
        <Select
          aria-label={d("groups.colour", { name: group.name })}
          className="w-30!"
          value={String(group.colour)}
          onChange={(next) => onGroups((held) => patchedGroup(held, group.id, { colour: Number(next) }))}
          options={COLOUR_WORDS.map((word, colour) => ({
            value: String(colour),
            label: (
              <span className="flex items-center gap-2">
                <Swatch colour={colour} />
                {d(word)}
              </span>
            ),
          }))}
        />
        <Input
          aria-label={d("groups.name", { name: group.name })}
          value={name}
          invalid={wrong !== null}
          maxLength={60}
          onChange={(event) => {
            const next = event.target.value;
            setName(next);
            if (fault(groups, next, group.id) === null) onGroups((held) => patchedGroup(held, group.id, { name: next.trim() }));
          }}
          onBlur={() => setName(group.name)}
        />
        <span className="w-26 shrink-0 text-right text-second whitespace-nowrap text-ink-3">{d("groups.members", { count: group.members.length })}</span>
        <IconButton small icon={Trash2} label={d("groups.remove", { name: group.name })} onClick={() => onGroups((held) => without(held, group.id))} />
      </div>
      {wrong ? (
        <p role="alert" className="mt-1 pl-32 text-hint text-bad">
          {wrong}
        </p>
      ) : null}
    </li>
  );
}

/** Makes groups, names and colours them, and puts the collection one came from into one of them. */
export function GroupsDialog({ collection, groups, onGroups, onClose }: {
  /** Its id, and the name it has now. */
  collection: { readonly id: string; readonly name: string } | undefined;
  groups: Groups;
  onGroups: Change;
  onClose: () => void;
}) {
  const [name, setName] = useState("");
  const [tried, setTried] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const wrong = name.trim() === "" && !tried ? null : fault(groups, name);
  const add = (event: FormEvent) => {
    event.preventDefault();
    if (fault(groups, name) !== null) {
      setTried(true);
      return;
    }
    const id = crypto.randomUUID();
    onGroups((held) => {
      const more = added(held, name.trim(), id);
      return collection ? put(more, collection.id, id) : more;
    });
    setName("");
    setTried(false);
    input.current?.focus();
  };
  return (
    <Dialog open onClose={onClose} width={520} title={d("groups")} lead={d("groups.lead")} initialFocus={input} actions={<Button onClick={onClose}>{d("groups.done")}</Button>}>
      <div className="flex flex-col gap-4">
        {collection && groups.length > 0 ? (
          <Field label={d("group.of", { name: collection.name })}>{(ids) => <GroupSelect {...ids} collection={collection.id} groups={groups} onGroups={onGroups} />}</Field>
        ) : null}
        {groups.length === 0 ? (
          <p className="text-second text-ink-3">{d("groups.none")}</p>
        ) : (
          <ul aria-label={d("groups")} className="flex flex-col gap-2">
            {groups.map((group) => (
              <Row key={group.id} group={group} groups={groups} onGroups={onGroups} />
            ))}
          </ul>
        )}
        <form onSubmit={add} className="flex items-start gap-2">
          <Field className="flex-1" label={collection ? d("group.newFor", { name: collection.name }) : d("groups.new")} error={wrong ?? undefined}>
            {(ids) => <Input {...ids} ref={input} value={name} invalid={wrong !== null} maxLength={60} placeholder={d("groups.hint")} onChange={(event) => setName(event.target.value)} />}
          </Field>
          <Button type="submit" className="mt-5">
            {d("groups.add")}
          </Button>
        </form>
      </div>
    </Dialog>
  );
}
