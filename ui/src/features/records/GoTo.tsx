import { useState } from "react";
import { Button } from "@/kit/Button";
import { Input } from "@/kit/Field";
import { m } from "./messages";

export function GoTo({ last, onGo }: { last: number; onGo: (index: number) => void }) {
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState(false);
  return (
    <form
      className="flex w-72 flex-col gap-1 p-2"
      onSubmit={(event) => {
        event.preventDefault();
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
          aria-label={m("goto.label", { last })}
          placeholder={m("goto.label", { last })}
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
      {wrong ? (
        <span role="alert" className="text-hint text-bad">
          {m("goto.range", { last })}
        </span>
      ) : null}
    </form>
  );
}
