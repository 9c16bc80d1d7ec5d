// A provider that speaks OAuth 2 alone, as a process of its own, with the reply shapes of GitHub and
// Facebook. Who signs in is a parameter `as` of the page that asks: JSON of what is told of them.
// Prints `ready <address>`.
import { createHash, createHmac, randomUUID } from "node:crypto";
import { createServer } from "node:http";

const SECRET = "plinth keeps this";
const codes = new Map();
const tokens = new Map();

const json = (response, status, body) => response.writeHead(status, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(body));

async function exchange(request, response) {
  let text = "";
  for await (const chunk of request) text += chunk;
  const asked = new URLSearchParams(text);
  const held = codes.get(asked.get("code"));
  codes.delete(asked.get("code"));
  const proven = createHash("sha256").update(asked.get("code_verifier") ?? "").digest("base64url");
  const right =
    held !== undefined &&
    held.challenge === proven &&
    held.redirect === asked.get("redirect_uri") &&
    asked.get("client_id") === "plinth" &&
    asked.get("client_secret") === SECRET;
  // GitHub says no with the status of a yes.
  if (!right) return json(response, 200, { error: "bad_verification_code", error_description: "The code passed is incorrect or expired." });
  const token = `gho_${randomUUID()}`;
  tokens.set(token, held.person);
  return json(response, 200, { access_token: token, token_type: "bearer", scope: held.scope });
}

const server = createServer((request, response) => {
  const url = new URL(request.url, "http://127.0.0.1");
  const token = (request.headers.authorization ?? "").replace(/^Bearer /, "");
  const person = tokens.get(token);
  if (url.pathname === "/authorize") {
    const asked = url.searchParams;
    if (asked.get("code_challenge_method") !== "S256" || asked.get("response_type") !== "code") return json(response, 400, { error: "invalid_request" });
    const back = new URL(asked.get("redirect_uri"));
    back.searchParams.set("state", asked.get("state"));
    if (asked.get("as") === "nobody") {
      back.searchParams.set("error", "access_denied");
      back.searchParams.set("error_description", "The user has denied your application access.");
    } else {
      const code = randomUUID();
      const person = JSON.parse(asked.get("as"));
      codes.set(code, { challenge: asked.get("code_challenge"), redirect: asked.get("redirect_uri"), scope: asked.get("scope"), person });
      back.searchParams.set("code", code);
    }
    return response.writeHead(302, { location: back.toString() }).end();
  }
  if (url.pathname === "/token" && request.method === "POST") return void exchange(request, response);
  if (person === undefined) return json(response, 401, { message: "Bad credentials" });
  if (url.pathname === "/user") return json(response, 200, person.user);
  if (url.pathname === "/user/emails") return person.emails === undefined ? json(response, 404, { message: "Not Found" }) : json(response, 200, person.emails);
  if (url.pathname === "/me") {
    const proof = createHmac("sha256", SECRET).update(token).digest("hex");
    if (url.searchParams.get("appsecret_proof") !== proof) return json(response, 400, { error: { message: "Invalid appsecret_proof" } });
    const fields = (url.searchParams.get("fields") ?? "id").split(",");
    return json(response, 200, Object.fromEntries(fields.filter((name) => name in person.user).map((name) => [name, person.user[name]])));
  }
  return json(response, 404, { message: "Not Found" });
});
server.listen(0, "127.0.0.1", () => console.log(`ready http://127.0.0.1:${server.address().port}`));
