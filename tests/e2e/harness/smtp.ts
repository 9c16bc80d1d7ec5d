/** A mail server that takes what it is given and reads it as a reader of mail would. */
import type { AddressInfo } from "node:net";
import { simpleParser, type ParsedMail } from "mailparser";
import { SMTPServer } from "smtp-server";

export class MailSink {
  readonly mails: ParsedMail[] = [];
  /** What the next recipients are answered; unless there is something they are taken. */
  readonly refusals: { readonly code: number; readonly words: string }[] = [];

  private constructor(private readonly server: SMTPServer) {}

  get port(): number {
    return (this.server.server.address() as AddressInfo).port;
  }

  /** On any free port, or on the one where a server is expected. */
  static async open(port = 0, account?: { readonly user: string; readonly pass: string }): Promise<MailSink> {
    const server: SMTPServer = new SMTPServer({
      disabledCommands: ["STARTTLS"],
      authOptional: account === undefined,
      allowInsecureAuth: true,
      onAuth: ({ username, password }, _session, done) => {
        const right = username === account?.user && password === account?.pass;
        if (right) done(null, { user: username });
        else done(Object.assign(new Error("wrong account"), { responseCode: 535 }));
      },
      onRcptTo: (_address, _session, done) => {
        const refusal = sink.refusals.shift();
        if (refusal === undefined) done();
        else done(Object.assign(new Error(refusal.words), { responseCode: refusal.code }));
      },
      onData: (stream, _session, done) => {
        simpleParser(stream).then(
          (mail) => {
            sink.mails.push(mail);
            done();
          },
          (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
        );
      },
    });
    const sink = new MailSink(server);
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    return sink;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.server.close(resolve));
  }
}
