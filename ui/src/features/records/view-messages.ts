import { catalogue } from "@/messages/catalogue";

/** Words of views that are shared with a role. */
export const v = catalogue({
  "role": "role {role}",
  "role.gone": "not there any more",
  "who.role": "A role",
  "who.which": "Role",
});
