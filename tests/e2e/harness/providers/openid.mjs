// An OpenID provider as a process of its own. Whoever signs in writes the claims of the account, as
// JSON, where the name is asked for. Prints `ready <issuer>`.
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const accounts = new Map();

/** A client that keeps its secret; the port of a redirect to this machine is any. */
const client = (client_id, callbacks) => ({
  client_id,
  client_secret: `${client_id} keeps this`,
  application_type: "native",
  redirect_uris: callbacks.map((id) => `http://127.0.0.1/auth/callback/${id}`),
});

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      client("plinth", ["acme", "google"]),
      client("plinth.apple", ["apple"]),
      { ...client("stranger", ["stranger"]) },
    ],
    pkce: { required: () => false },
    // Some tell the address in the token, some to who asks for it; this one does the latter.
    conformIdTokenClaims: true,
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["given_name", "family_name"], name: ["given_name"] },
    scopes: ["openid", "email", "profile", "name"],
    responseTypes: ["code"],
    findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId, ...accounts.get(accountId) }) }),
    interactions: { url: (_, { uid }) => `/agree/${uid}` },
    features: { devInteractions: { enabled: false } },
  });
  const callback = provider.callback();
  server.on("request", async (request, response) => {
    if (!request.url.startsWith("/agree/")) return callback(request, response);
    try {
      const { prompt, params, grantId, session } = await provider.interactionDetails(request, response);
      const asked = new URL(request.url, issuer).searchParams;
      if (prompt.name === "login") {
        const as = asked.get("as");
        // A person would be asked here.
        if (as === null) return response.writeHead(200, { "content-type": "text/plain" }).end("who are you?");
        if (as === "nobody") {
          const refusal = { error: "access_denied", error_description: "the person said no" };
          return await provider.interactionFinished(request, response, refusal);
        }
        const { sub, ...claims } = JSON.parse(as);
        accounts.set(sub, claims);
        return await provider.interactionFinished(request, response, { login: { accountId: sub } });
      }
      const grant = grantId ? await provider.Grant.find(grantId) : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
      grant.addOIDCScope(params.scope);
      return await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: true });
    } catch (error) {
      return response.writeHead(500, { "content-type": "text/plain" }).end(String(error));
    }
  });
  console.log(`ready ${issuer}`);
});
