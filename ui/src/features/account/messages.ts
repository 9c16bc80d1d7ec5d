import { catalogue } from "@/messages/catalogue";

export const t = catalogue({
  "sessions": "Sessions",
  "sessions.lead": "Where {name} is signed in to this project. Whoever holds a session that ends is asked to sign in again.",
  "sessions.reading": "Reading sessions",
  "sessions.none": "Nobody is signed in",
  "sessions.none.body": "The desktop enters with a key of its own, which is no session.",
  "sessions.fault": "Sessions could not be read",
  "sessions.endFault": "The session could not be ended",
  "sessions.this": "this one",
  "sessions.program": "Opened with",
  "sessions.address": "From",
  "sessions.used": "Last refreshed",
  "sessions.unknown": "unknown program",
  "sessions.end": "End",
  "sessions.endOne": "End the session of {program}, {time}",
  "sessions.endOthers": { one: "End {count} other session", other: "End {count} other sessions" },
  "sessions.readOnly": "This connection is read-only",
});
