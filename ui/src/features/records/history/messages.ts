import { catalogue } from "@/messages/catalogue";

/** Words of the history of a row. */
export const h = catalogue({
  "open": "History of the row",
  "title": "History of {name}",
  "close": "Close the history",
  "kept": {
    one: "Kept for {count} day",
    other: "Kept for {count} days",
  },
  "kept.none": "{collection} keeps no history of what is changed now",
  "empty": "Nothing is known of it yet",
  "empty.body": "What is changed from now on comes to this list.",
  "unread": "The history was not read: {reason}",
  "more": "Older changes",
  "action.create": "Created",
  "action.update": "Changed",
  "action.delete": "Deleted",
  "action.restore": "Restored",
  "by": "by {actor}",
  "by.server": "by the server, or by somebody out of sight",
  "origin.import": "import",
  "origin.trash": "the trash, after its days",
  "origin.studio": "studio",
  "fields": {
    one: "{count} field",
    other: "{count} fields",
  },
  "stamps": "no field of its own",
  "field": "Field",
  "was": "Before",
  "became": "After",
  "take": "Take back",
  "take.field": "Take back {field}: {value}",
  "take.staged": "staged",
  "list": "Changes, the latest first",
  "take.all": "Take all {count} back",
  "same": "It holds this now",
  "staged": {
    one: "{count} field of {name} staged as it was",
    other: "{count} fields of {name} staged as they were",
  },
});
