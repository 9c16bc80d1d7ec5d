// The second factor: a sign-in that is half done, and what goes on with it.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createPlinth, SecondFactorError, type Plinth } from '../src/index.js';
import { Recorder } from './recorder.js';

let server: Recorder;
let plinth: Plinth;
let events: string[];

const ASKED = { token: '', requiresTotp: true, challenge: 'half', expiresIn: 300, authMode: 'jwt', message: 'Enter the code' };
const STARTED = { token: 't', refreshToken: 'r', expiresIn: 60, authMode: 'jwt', user: { id: 'u', email: 'a@example.com' } };

beforeAll(async () => {
  server = await Recorder.start();
});
afterAll(() => server.stop());
beforeEach(() => {
  server.reset();
  events = [];
  plinth = createPlinth({ url: server.url, onAuthStateChange: (event) => void events.push(event) });
});

async function half(): Promise<SecondFactorError> {
  const fault: unknown = await plinth.auth.login({ email: 'a@example.com', password: 'p' }).catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(SecondFactorError);
  return fault as SecondFactorError;
}

it('a sign-in that asks for it rejects with the challenge and signs nobody in', async () => {
  server.on('POST /auth/login', { json: ASKED });
  const { challenge, setup, code, message } = await half();
  expect([challenge, setup, code, message]).toEqual(['half', false, 'TOTP_REQUIRED', 'Enter the code']);
  expect(await plinth.auth.isAuthenticated()).toBe(false);
  expect(events).toEqual([]);
});

it('the code goes on with it', async () => {
  server.on('POST /auth/login', { json: ASKED }).on('POST /auth/totp/verify', { json: STARTED });
  const { challenge } = await half();
  const { user } = await plinth.auth.verifyTotp({ challenge, code: '123456' });
  expect(server.lastJson).toEqual({ challenge: 'half', code: '123456' });
  expect([user.email, await plinth.auth.isAuthenticated(), events]).toEqual(['a@example.com', true, ['SIGNED_IN']]);
});

it('one that a role demands is set up on the way in', async () => {
  const begun = { secret: 's', url: 'otpauth://totp/x', qr: { size: 21, path: 'M0 0h1v1h-1z' } };
  server
    .on('POST /auth/login', { json: { ...ASKED, requiresTotp: undefined, requiresTotpSetup: true } })
    .on('POST /auth/totp/setup', { json: { data: begun } })
    .on('POST /auth/totp/confirm', { json: { ...STARTED, recoveryCodes: ['one'] } });
  const { challenge, setup, code } = await half();
  expect([setup, code]).toEqual([true, 'TOTP_SETUP_REQUIRED']);
  expect(await plinth.auth.setupTotp({ challenge })).toEqual(begun);
  expect(server.last.headers['authorization']).toBeUndefined();
  expect(await plinth.auth.confirmTotp({ challenge, code: '123456' })).toEqual(['one']);
  expect(await plinth.auth.isAuthenticated()).toBe(true);
});

it('who is signed in sets it up, looks after it and takes it away', async () => {
  const state = { enabled: true, since: 'now', recoveryCodes: 10, demanded: false };
  server
    .on('POST /auth/totp/confirm', { json: { data: { recoveryCodes: ['one'] } } })
    .on('POST /auth/totp/recovery-codes', { json: { data: { recoveryCodes: ['two'] } } })
    .on('POST /auth/totp/disable', { json: { message: 'off' } })
    .on('DELETE /auth/admin/totp/u', { json: { message: 'off' } })
    .on('GET /auth/totp', { json: { data: state } });
  expect(await plinth.auth.confirmTotp({ code: '1' })).toEqual(['one']);
  expect(await plinth.auth.renewRecoveryCodes('2')).toEqual(['two']);
  expect(await plinth.auth.totpState()).toEqual(state);
  await plinth.auth.disableTotp({ password: 'p', recoveryCode: 'one' });
  expect(server.lastJson).toEqual({ password: 'p', recoveryCode: 'one' });
  await plinth.users.resetTotp('u');
  expect(server.lines.at(-1)).toBe('DELETE /auth/admin/totp/u');
});
