/** Back to a row of the list, behind the dialog's own way back, which comes two frames after it closes. */
export function focusRow(id: string): void {
  let frames = 4;
  const step = () => {
    frames -= 1;
    if (frames > 0) requestAnimationFrame(step);
    else document.querySelector<HTMLElement>(`[data-row="${CSS.escape(id)}"]`)?.focus();
  };
  step();
}
