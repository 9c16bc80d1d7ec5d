/** The base of a column. Only the block is coloured, with the accent of the connection. */
export function Mark({ size = 16 }: { size?: number }) {
  const small = size < 32;
  return (
    <svg aria-hidden viewBox="0 0 16 16" width={size} height={size} className="shrink-0">
      {small ? (
        <>
          <path fill="var(--ink)" d="M4 0h2v8H4zM7 0h2v8H7zM10 0h2v8h-2z" />
          <path fill="var(--ink)" d="M4 9h8a1 1 0 0 1 0 2H4a1 1 0 0 1 0-2z" />
          <path fill="var(--accent)" d="M1 12h14v4H1z" />
        </>
      ) : (
        <>
          <path fill="var(--ink)" d="M4 0h2.5v8.5H4zM7 0h2v8.5H7zM9.5 0H12v8.5H9.5z" />
          <path fill="var(--ink)" d="M3.75 9h8.5a1.25 1.25 0 0 1 0 2.5h-8.5a1.25 1.25 0 0 1 0-2.5z" />
          <path fill="var(--accent)" d="M.5 12h15v4H.5z" />
        </>
      )}
    </svg>
  );
}
