/**
 * The way in. A page of the server keeps its session by cookie; through the gateway of the desktop the
 * tokens stay there, and the client must not be given them.
 */
import { SecondFactorError, type SecondFactorBegun, type TotpProof } from "@plinth/sdk";
import type { Client } from "@/host/session";

export type Proof = Pick<TotpProof, "code" | "recoveryCode">;

export interface Way {
  /** Rejects with a `SecondFactorError` where it is half done. */
  login(email: string, password: string): Promise<void>;
  /** Asks for a mail with a code. Whether there is such an account is not told. */
  askCode(email: string): Promise<void>;
  /** Rejects with a `SecondFactorError` where it is half done. */
  enterCode(email: string, code: string): Promise<void>;
  /** Asks for a mail with a link to the page of this studio that sets a new password. */
  askReset(email: string, page: string): Promise<void>;
  verify(challenge: string, proof: Proof): Promise<void>;
  begin(challenge: string): Promise<SecondFactorBegun>;
  /** It signs in, too. The recovery codes. */
  confirm(challenge: string, code: string): Promise<string[]>;
}

type Asked = ConstructorParameters<typeof SecondFactorError>[0];

function isAsked(reply: unknown): reply is Asked {
  return typeof reply === "object" && reply !== null && "challenge" in reply;
}

export function wayIn(client: Client, gateway: boolean): Way {
  const begin = (challenge: string) => client.auth.setupTotp({ challenge });
  const askCode = (email: string) => client.auth.sendMagicLink({ email, mode: "code" });
  const askReset = (email: string, redirectUrl: string) => client.auth.forgotPassword({ email, redirectUrl });
  if (!gateway) {
    const authMode = "cookie";
    return {
      begin,
      askCode,
      askReset,
      enterCode: async (email, token) => void (await client.auth.verifyMagicLink(token, { email, authMode })),
      login: async (email, password) => void (await client.auth.login({ email, password, authMode })),
      verify: async (challenge, proof) => void (await client.auth.verifyTotp({ challenge, ...proof, authMode })),
      confirm: (challenge, code) => client.auth.confirmTotp({ challenge, code, authMode }),
    };
  }
  const post = async (path: string, body: object): Promise<unknown> => {
    const reply: unknown = await client.http.post(path, { ...body, authMode: "jwt" });
    if (isAsked(reply)) throw new SecondFactorError(reply);
    return reply;
  };
  return {
    // Asked as the gateway's own, as everything here.
    begin: async (challenge) => {
      const reply = await client.http.post<{ data: SecondFactorBegun }>("/auth/totp/setup", { challenge });
      return reply.data;
    },
    askCode: async (email) => void (await post("/auth/magiclink", { email, mode: "code" })),
    askReset: async (email, link) => void (await post("/auth/password/reset", { email, link })),
    enterCode: async (email, token) => void (await post("/auth/magiclink/verify", { email, token })),
    login: async (email, password) => void (await post("/auth/login", { email, password })),
    verify: async (challenge, proof) => void (await post("/auth/totp/verify", { challenge, ...proof })),
    confirm: async (challenge, code) => {
      const reply = (await post("/auth/totp/confirm", { challenge, code })) as { recoveryCodes: string[] };
      return reply.recoveryCodes;
    },
  };
}
