import { SecondFactorError } from './error.js';
import type { AuthMode, SecondFactorAsked } from './generated/wire.js';
import type { Transport } from './transport.js';
import type { AuthResponse } from './types/auth.js';
import type { CallOptions } from './types/common.js';

/** A body as it is sent: what is not given is left out on the wire. */
export type Sent<Body> = { readonly [Key in keyof Body]: Body[Key] | (Record<never, never> extends Pick<Body, Key> ? undefined : never) };

/** Begins a session and keeps it. One that is half done rejects with a {@link SecondFactorError}. */
export async function begin(http: Transport, path: string, data: object, options: CallOptions | undefined): Promise<AuthResponse> {
  const { session } = http;
  // A server sets its cookie only when it is asked to.
  const body = session.mode === 'cookie' ? { authMode: session.mode, ...data } : data;
  const reply = await http.post<AuthResponse | SecondFactorAsked>(path, body, { ...options, skipAuth: true });
  if ('challenge' in reply) throw new SecondFactorError(reply);
  if (reply.token) {
    await session.adopt(reply);
    http.emit('SIGNED_IN', reply.user);
  }
  return reply;
}

/** Goes on from one session of somebody to another of the same person, in another tenant. */
export async function goOn(http: Transport, path: string, data: { authMode?: AuthMode | undefined; tenant_Id?: string }, options: CallOptions): Promise<AuthResponse> {
  const { session } = http;
  const authMode = data.authMode ?? (session.mode === 'cookie' ? session.mode : undefined);
  const reply = await http.post<AuthResponse | SecondFactorAsked>(path, { ...data, authMode }, options);
  if ('challenge' in reply) throw new SecondFactorError(reply);
  await session.adopt(reply);
  // Whoever named a tenant with every request named the one of before.
  const tenant = data.tenant_Id ?? reply.tenant?.id;
  if (tenant !== undefined && (await session.tenant()) !== undefined) await session.setTenant(String(tenant));
  http.emit('TENANT_SWITCHED', reply.user);
  return reply;
}
