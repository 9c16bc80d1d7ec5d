import { catalogue } from "@/messages/catalogue";

export const t = catalogue({
  "signIn": "Sign in",
  "signIn.lead": "To the backend at {host}.",
  "signIn.busy": "Signing in",
  "email": "E-mail address",
  "password": "Password",
  "password.note": "At least 8 characters.",
  "firstName": "First name",
  "setup": "Make the first owner",
  "setup.lead": "This backend at {host} has nobody yet. The first owner may do everything and invites the others.",
  "setup.busy": "Making the owner",
  "setup.done.note": "The link in the address works once.",
  "wrong": "E-mail address or password is wrong",
  "wrong.body": "The server does not say which of the two.",
  "failed": "Not signed in",
  "setup.failed": "The owner was not made",
});
