import { useState } from "react";
import { Button } from "@/kit/Button";
import { Input } from "@/kit/Field";
import { m } from "./messages";

/** `last` is not known in the first moment of a collection; where one goes is then waited for. */
export function GoTo({ last, onGo }: { last: number | undefined; onGo: (index: number) => void }) {
  const [text, setText] = useState("");
  const label = last === undefined ? m("goto") : m("goto.label", { last });
  const [wrong, setWrong] = useState(false);
  return (
    <form
      className="flex w-72 flex-col gap-1 p-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (last === undefined) return;
        const plainText = text.replaceAll(",", "").trim();
        const row = /^\d{1,12}$/.test(plainText) ? Number(plainText) : 0;
        if (row >= 1 && row <= last) onGo(row - 1);
        else setWrong(true);
      }}
    >
      <div className="flex gap-1.5">
        <Input
          autoFocus
          inputMode="numeric"
          aria-label={label}
          placeholder={label}
          invalid={wrong}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setWrong(false);
          }}
        />
        <Button type="submit" keys="Enter">
          {m("goto.go")}
        </Button>
      </div>
      {wrong && last !== undefined ? (
        <span role="alert" className="text-hint text-bad">
          {m("goto.range", { last })}
        </span>
      ) : null}
    </form>
  );
}
