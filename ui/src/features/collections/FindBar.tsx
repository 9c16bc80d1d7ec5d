import { useMemo, useState, type RefObject } from "react";
import { SearchInput } from "@/kit/Field";
import { d } from "./diagram-messages";
import type { Drafts, Entry } from "./draft";
import { t } from "./messages";
import { find, next, said, same, type Hit } from "./search";

/** The search of the schema: Enter goes from place to place, Shift and Enter back. */
export function FindBar({ text, onText, entries, now, drafts, onGo, inputRef }: {
  text: string;
  onText: (text: string) => void;
  /** What is searched. */
  entries: readonly Entry[];
  /** What is selected, which may be one of them. */
  now: Hit | undefined;
  drafts: Drafts;
  onGo: (hit: Hit) => void;
  inputRef: RefObject<HTMLInputElement | null>;
}) {
  const [walked, setWalked] = useState(false);
  const looked = text.trim() !== "";
  // Of what stands in the field now: Enter comes right after the last letter.
  const hits = useMemo(() => find(entries, text), [entries, text]);
  const at = walked && now ? hits.findIndex((hit) => same(hit, now)) : -1;
  const go = (by: 1 | -1) => {
    const to = next(hits, at < 0 ? undefined : now, by);
    if (!to) return;
    setWalked(true);
    onGo(to);
  };
  const words = !looked ? "" : hits.length === 0 ? d("find.none") : at < 0 ? d("find.some", { count: hits.length }) : d("find.at", { at: at + 1, count: hits.length });
  return (
    <>
      <SearchInput
        inputRef={inputRef}
        className="max-w-45 min-w-24 flex-[100_1_96px]"
        placeholder={t("find")}
        keys="/"
        value={text}
        onChange={(event) => {
          setWalked(false);
          onText(event.target.value);
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter") go(event.shiftKey ? -1 : 1);
          else if (event.key === "ArrowDown") go(1);
          else if (event.key === "ArrowUp") go(-1);
          else if (event.key === "Escape") onText("");
          else return;
          event.preventDefault();
        }}
      />
      {looked ? <span className="text-second whitespace-nowrap text-ink-3 max-[1300px]:sr-only">{words}</span> : null}
      <span aria-live="polite" className="sr-only">
        {at >= 0 && now ? d("find.said", { at: at + 1, count: hits.length, name: said(drafts, now) }) : ""}
      </span>
    </>
  );
}
