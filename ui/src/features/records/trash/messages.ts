import { catalogue } from "@/messages/catalogue";

/** Words of the trash: rows that were deleted and can come back. */
export const d = catalogue({
  "open": "Trash",
  "title": "Trash of {collection}",
  "close": "Close the trash",
  "count": {
    one: "{count} row",
    other: "{count} rows",
  },
  "first": "The {count} deleted last. More are kept.",
  "empty": "The trash is empty",
  "empty.body": "A row that is deleted here comes to this list, and back from it.",
  "kept": "Kept until they are restored. Nothing leaves the trash by itself.",
  "kept.days": {
    one: "Kept for {count} day, then removed for good",
    other: "Kept for {count} days, then removed for good",
  },
  "until": "Goes for good",
  "row": "Row",
  "key": "Key",
  "at": "Deleted at",
  "restore": "Restore",
  "restore.row": "Restore {name}",
  "restored": "{name} is back in {collection}",
  "failed": "Not restored: {reason}",
  "unread": "The trash was not read: {reason}",
  "ask.title": "Move {name} to the trash?",
  "ask.body": "Pointing at it: {parts}. They stay as they are, and find it again when it is restored.",
  "ask.body.alone": "It can be restored from the trash.",
  "ask.final": "You may not restore rows of {collection}: somebody who may has to.",
  "ask.lose": "Move to trash",
  "done": "{name} moved to the trash of {collection}",
});
