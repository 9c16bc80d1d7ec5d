import { catalogue } from "@/messages/catalogue";

/** Names of the sections: the palette says them before the screen is fetched. */
export const s = catalogue({
  "appearance": "Appearance",
  "project": "Project",
  "branding": "Branding",
  "sessions": "Sign-in and sessions",
  "providers": "Sign-in providers",
  "mail": "Mail sender",
  "tokens": "API tokens",
  "variables": "Variables",
  "keys": "Free keys",
  "go": "Settings: {name}",
});
