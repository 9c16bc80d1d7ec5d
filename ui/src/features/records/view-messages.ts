import { catalogue } from "@/messages/catalogue";

/** Who sees a view or a report. */
export const v = catalogue({
  "role": "role {role}",
  "role.gone": "not there any more",
  "all": "everybody",
  "me": "only me",
  "who": "Who sees it",
  "who.me": "Only me",
  "who.role": "A role",
  "who.all": "Everybody",
  "who.which": "Role",
});
