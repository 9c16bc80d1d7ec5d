import { Check } from "lucide-react";
import { useEffect, useId, useRef, useState, type ReactNode } from "react";
import { cx } from "@/kit/cx";

export interface Choice<T extends string = string> {
  readonly value: T;
  readonly label: ReactNode;
  /** What typing is matched against. */
  readonly text: string;
  readonly detail?: ReactNode;
  readonly checked?: boolean;
}

/** A list one types into: arrows move, Enter chooses, what is typed narrows it. */
export function ListBox<T extends string>({
  choices,
  label,
  placeholder,
  current,
  onChoose,
  onText,
  onTyped,
  empty,
  initialText = "",
  footer,
  many = false,
}: {
  choices: readonly Choice<T>[];
  label: string;
  placeholder: string;
  current?: T | undefined;
  /** May answer with a text that goes on from the choice; it then stands in the box. */
  onChoose: (value: T) => string | void;
  /** Given: the caller narrows the list itself, for instance on the server. */
  onText?: ((text: string) => void) | undefined;
  /** Only told what is typed; the list narrows itself. */
  onTyped?: ((text: string) => void) | undefined;
  empty: ReactNode;
  initialText?: string;
  footer?: ReactNode;
  /** Choosing keeps the list open. */
  many?: boolean;
}) {
  const id = useId();
  const [text, setText] = useState(initialText);
  const shown = onText
    ? choices
    : choices.filter((choice) => choice.text.toLowerCase().includes(text.trim().toLowerCase()));
  const [active, setActive] = useState(() => (initialText === "" ? Math.max(choices.findIndex((choice) => choice.value === current), 0) : 0));
  const list = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const choose = (value: T): void => {
    const further = onChoose(value);
    if (typeof further !== "string") return;
    setText(further);
    setActive(0);
    onText?.(further);
    input.current?.focus();
  };
  const at = Math.min(active, Math.max(shown.length - 1, 0));
  useEffect(() => {
    list.current?.children[at]?.scrollIntoView({ block: "nearest" });
  }, [at]);
  return (
    <div className="flex w-72 flex-col">
      <input
        ref={input}
        autoFocus
        role="combobox"
        aria-label={label}
        aria-expanded
        aria-controls={`${id}-list`}
        aria-activedescendant={shown[at] ? `${id}-${String(at)}` : undefined}
        autoComplete="off"
        spellCheck={false}
        value={text}
        placeholder={placeholder}
        onChange={(event) => {
          setText(event.target.value);
          setActive(0);
          onText?.(event.target.value);
          onTyped?.(event.target.value);
        }}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            const step = event.key === "ArrowDown" ? 1 : -1;
            setActive((at + step + Math.max(shown.length, 1)) % Math.max(shown.length, 1));
          } else if (event.key === "Enter") {
            event.preventDefault();
            const choice = shown[at];
            if (choice) choose(choice.value);
          }
        }}
        className="h-8 shrink-0 border-b border-line bg-transparent px-2.5 outline-none"
      />
      <div ref={list} id={`${id}-list`} role="listbox" aria-label={label} aria-multiselectable={many || undefined} className="max-h-72 overflow-y-auto py-1">
        {shown.map((choice, index) => (
          <div
            key={choice.value}
            id={`${id}-${String(index)}`}
            role="option"
            aria-selected={many ? choice.checked === true : index === at}
            onPointerMove={() => setActive(index)}
            onClick={() => choose(choice.value)}
            className={cx("flex h-menu-row cursor-default items-center gap-2 px-2.5", index === at && "bg-bg-active")}
          >
            {many ? (
              <span className="flex w-3.5 shrink-0">
                {choice.checked ? <Check aria-hidden size={13} className="stroke-meaning" /> : null}
              </span>
            ) : null}
            <span className="min-w-0 flex-1 truncate">{choice.label}</span>
            {choice.detail ? <span className="truncate text-hint text-ink-3">{choice.detail}</span> : null}
          </div>
        ))}
        {shown.length === 0 ? <div className="px-2.5 py-1.5 text-second text-ink-3">{empty}</div> : null}
      </div>
      {footer ? <div className="border-t border-line px-2.5 py-1.5 text-hint text-ink-3">{footer}</div> : null}
    </div>
  );
}
