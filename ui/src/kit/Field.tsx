import { Search } from "lucide-react";
import { useId, type ComponentProps, type ReactNode } from "react";
import { cx } from "./cx";
import { Keys } from "./keys";

const BOX =
  "ring-field w-full min-w-0 rounded-control border bg-bg-page px-2 text-ink disabled:border-line disabled:text-ink-disabled";

export interface InputProps extends ComponentProps<"input"> {
  invalid?: boolean | undefined;
  mono?: boolean | undefined;
  /** The quieter edge of search fields in bars. */
  quiet?: boolean | undefined;
  look?: "focus" | undefined;
}

export function Input({ invalid, mono, quiet, look, className, ...rest }: InputProps) {
  return (
    <input
      autoComplete="off"
      spellCheck={false}
      {...rest}
      aria-invalid={invalid || undefined}
      className={cx(
        BOX,
        "h-control",
        invalid ? "border-bad" : quiet ? "border-line-strong" : "border-line-control",
        mono && "font-mono text-[11.5px]",
        look === "focus" && "border-ink outline-1 outline-ink outline-solid",
        className,
      )}
    />
  );
}

export interface TextareaProps extends ComponentProps<"textarea"> {
  invalid?: boolean | undefined;
  mono?: boolean | undefined;
}

export function Textarea({ invalid, mono, className, ...rest }: TextareaProps) {
  return (
    <textarea
      spellCheck={false}
      rows={4}
      {...rest}
      aria-invalid={invalid || undefined}
      className={cx(
        BOX,
        "py-1",
        invalid ? "border-bad" : "border-line-control",
        mono && "font-mono text-code",
        className,
      )}
    />
  );
}

export function SearchInput({
  keys,
  className,
  inputRef,
  ...rest
}: Omit<ComponentProps<"input">, "ref"> & {
  keys?: string | undefined;
  inputRef?: React.Ref<HTMLInputElement>;
}) {
  return (
    <label
      className={cx(
        "ring-field flex h-control items-center gap-2 rounded-control border border-line-strong bg-bg-page px-2",
        className,
      )}
    >
      <Search aria-hidden size={14} className="text-ink-3" />
      <input
        type="search"
        autoComplete="off"
        spellCheck={false}
        {...rest}
        ref={inputRef}
        aria-label={rest["aria-label"] ?? rest.placeholder}
        className="min-w-0 flex-1 bg-transparent outline-none [&::-webkit-search-cancel-button]:hidden"
      />
      {keys && !rest.value ? <Keys keys={keys} /> : null}
    </label>
  );
}

export interface FieldProps {
  label: ReactNode;
  /** Quiet sentence below; gives way to the error. */
  note?: ReactNode;
  error?: ReactNode;
  className?: string | undefined;
  /** Gets the id for the control and the id of the sentence below it. */
  children: (ids: { id: string; "aria-describedby": string | undefined }) => ReactNode;
}

/** Label above, control, and one sentence below: what is wrong, or what to know. */
export function Field({ label, note, error, className, children }: FieldProps) {
  const id = useId();
  const below = error ?? note;
  const noteId = `${id}-note`;
  return (
    <div className={cx("flex min-w-0 flex-col", className)}>
      <label htmlFor={id} className="mb-1 text-second text-ink-2">
        {label}
      </label>
      {children({ id, "aria-describedby": below ? noteId : undefined })}
      {below ? (
        <p
          id={noteId}
          role={error ? "alert" : undefined}
          className={cx("mt-1 text-hint", error ? "text-bad" : "text-ink-3")}
        >
          {below}
        </p>
      ) : null}
    </div>
  );
}
