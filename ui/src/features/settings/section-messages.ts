import { catalogue } from "@/messages/catalogue";

/** Names of the sections: the palette says them before the screen is fetched. */
export const s = catalogue({
  "appearance": "Appearance",
  "project": "Project",
  "branding": "Branding",
  "sessions": "Sign-in and sessions",
  "mail": "Mail sender",
  "tokens": "API tokens",
  "keys": "Free keys",
  "go": "Settings: {name}",
});
