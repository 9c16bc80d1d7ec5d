import { useEffect, useRef, useState, type RefObject } from "react";
import { SearchInput } from "@/kit/Field";
import { m } from "./messages";

/** How long the hand rests before the rows are asked. */
const SETTLE_MS = 150;

/** The search over the rows. What is typed is drawn at once and alone: a key never waits for the rows. */
export function SearchRows({
  value,
  inputRef,
  onSearch,
  onStop,
}: {
  value: string;
  inputRef: RefObject<HTMLInputElement | null>;
  onSearch: (text: string) => void;
  onStop: () => void;
}) {
  const [text, setText] = useState(value);
  const sent = useRef(value);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const ask = useRef(onSearch);
  useEffect(() => {
    ask.current = onSearch;
  });
  // Changed elsewhere: by a saved view, by back and forward, by clearing everything.
  useEffect(() => {
    if (value === sent.current) return;
    clearTimeout(timer.current);
    sent.current = value;
    setText(value);
  }, [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const send = (next: string): void => {
    clearTimeout(timer.current);
    if (next === sent.current) return;
    sent.current = next;
    ask.current(next);
  };
  return (
    <SearchInput
      inputRef={inputRef}
      className="w-52"
      placeholder={m("search")}
      value={text}
      keys="Mod+F"
      onChange={(event) => {
        const next = event.target.value;
        setText(next);
        clearTimeout(timer.current);
        timer.current = setTimeout(() => send(next), SETTLE_MS);
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter") send(text);
        if (event.key !== "Escape") return;
        event.preventDefault();
        setText("");
        send("");
        onStop();
      }}
    />
  );
}
