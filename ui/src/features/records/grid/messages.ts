import { catalogue } from "@/messages/catalogue";

/** Words of blocks of cells: copying, pasting, filling, clearing, and what of them was not taken. */
export const g = catalogue({
  "copied": {
    one: "{count} cell copied as stored",
    other: "{count} cells of {rows} rows copied as stored",
  },
  "copied.line": {
    one: "{count} cell copied as stored",
    other: "{count} cells copied as stored",
  },
  "copied.first": "Only the first {rows} rows are copied. Export takes all of them.",
  "copy.failed": "Not copied: {reason}",
  "cmd.cut": "Cut",
  "cmd.fillDown": "Fill down",
  "cmd.fillRight": "Fill to the right",
  "cmd.default": "Set to the default",
  "staged": {
    one: "{count} cell staged",
    other: "{count} cells staged",
  },
  "refuse.noDefault": "{field} has no default that a stored row can take",
  "left.unread": "The row was not read",
  // The report
  "report.title.paste": {
    one: "{count} cell was not pasted",
    other: "{count} cells were not pasted",
  },
  "report.title.fill": {
    one: "{count} cell was not filled",
    other: "{count} cells were not filled",
  },
  "report.title.clear": {
    one: "{count} cell was not cleared",
    other: "{count} cells were not cleared",
  },
  "report.title.cut": {
    one: "{count} cell was copied and not cleared",
    other: "{count} cells were copied and not cleared",
  },
  "report.beyond": "The block did not fit",
  "report.staged": {
    one: "{count} other cell is staged",
    other: "{count} other cells are staged",
  },
  "report.staged.none": "Nothing is staged",
  "report.beyondRows": {
    one: "{count} line lies below the last row, and your role may not add rows",
    other: "{count} lines lie below the last row, and your role may not add rows",
  },
  "report.beyondCols": {
    one: "{count} column lies to the right of the last one",
    other: "{count} columns lie to the right of the last one",
  },
  "report.row": "Row",
  "report.field": "Field",
  "report.text": "What came",
  "report.reason": "Why it was left out",
  "report.go": "Mend {field} of {row}",
  "report.more": {
    one: "and {count} more for the same reasons",
    other: "and {count} more for the same reasons",
  },
  "report.close": "Close the report",
  // Commits
  "preview.times": { one: "{count} ×", other: "{count} ×" },
  "committed.theirs": {
    one: "{count} cell saved to {connection}, {theirs} kept theirs",
    other: "{count} cells saved to {connection}, {theirs} kept theirs",
  },
});
