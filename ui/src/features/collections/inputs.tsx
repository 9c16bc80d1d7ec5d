import { useState, type ReactNode, type Ref } from "react";
import { Field, Input, Textarea } from "@/kit/Field";
import { Select, type SelectOption } from "@/kit/Select";
import { t } from "./messages";
import { TYPE_GROUPS } from "./types";

/** A text that is staged when it is left or confirmed, so that one rename is one step to undo. */
export function StagedInput({
  label, value, onStage, fault, refused, note, mono, lines, placeholder, disabled, inputRef, className,
}: {
  label: ReactNode;
  value: string;
  onStage: (value: string) => void;
  /** What is wrong with a text, if anything; nothing is staged then. */
  fault?: ((value: string) => string | null) | undefined;
  /** What the server said of the text that is staged, until another one is typed. */
  refused?: ReactNode;
  note?: ReactNode;
  mono?: boolean | undefined;
  lines?: number | undefined;
  placeholder?: string | undefined;
  disabled?: boolean | undefined;
  inputRef?: Ref<HTMLInputElement> | undefined;
  className?: string | undefined;
}) {
  const [typed, setTyped] = useState<string | null>(null);
  const shown = typed ?? value;
  const wrong = typed === null || typed === value ? null : (fault?.(typed.trim()) ?? null);
  const stage = () => {
    if (typed === null || wrong !== null) return;
    const next = lines === undefined ? typed.trim() : typed;
    setTyped(null);
    if (next !== value) onStage(next);
  };
  const shared = {
    value: shown,
    disabled,
    placeholder,
    mono,
    invalid: wrong !== null || (typed === null && refused !== undefined),
    onBlur: stage,
    "data-staged-on-leave": "",
  };
  return (
    <Field label={label} note={note} error={wrong ?? (typed === null ? refused : undefined)} className={className}>
      {(ids) =>
        lines === undefined ? (
          <Input
            {...ids}
            {...shared}
            ref={inputRef}
            onChange={(event) => setTyped(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter") stage();
              else if (event.key === "Escape" && typed !== null) {
                event.preventDefault();
                setTyped(null);
              }
            }}
          />
        ) : (
          <Textarea
            {...ids}
            {...shared}
            rows={lines}
            onChange={(event) => setTyped(event.target.value)}
            onKeyDown={(event) => {
              // Enter is a line of the text.
              if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
                event.preventDefault();
                stage();
              }
              else if (event.key === "Escape" && typed !== null) {
                event.preventDefault();
                setTyped(null);
              }
            }}
          />
        )
      }
    </Field>
  );
}

const TYPE_OPTIONS: ReadonlyArray<SelectOption<string>> = TYPE_GROUPS.flatMap(({ group, types }) => [
  { value: `group:${group}`, label: t(`type.group.${group}`), disabled: true },
  ...types.map((type) => ({ value: type, label: type === "VIRTUAL" ? t("type.computed") : type })),
]);

export function TypeSelect({ value, onChange, ...rest }: { id?: string; value: string; onChange: (type: string) => void; "aria-label"?: string; disabled?: boolean | undefined }) {
  return <Select {...rest} value={value} onChange={onChange} options={TYPE_OPTIONS} />;
}
