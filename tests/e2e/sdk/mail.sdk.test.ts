// Mails on their way to a real mail server, and what becomes of those that do not get there.
import { afterAll, beforeAll, expect, it } from "vitest";
import { MailSink } from "../harness/smtp";
import { refusal } from "./expecting";
import { onEveryStore } from "./stores";

const ACCOUNT = { user: "shop", pass: "a word for the mail server" };

onEveryStore("mails", (project) => {
  let sink: MailSink;
  beforeAll(async () => {
    sink = await MailSink.open(0, ACCOUNT);
  });
  afterAll(() => sink.close());

  it("without a mail server they are caught and can be read", async () => {
    const { admin } = project;
    const { success, message } = await admin.settings.testEmail("ann@example.com");
    expect(success).toBe(true);
    expect(message).toContain("caught");
    const { data, totalCount } = await admin.mails.list({ status: "caught" });
    expect(totalCount).toBe(1);
    const { content } = await admin.mails.get(String(data[0]?.id));
    expect(content?.html).toContain(content?.text ?? "nothing");
    expect((await refusal(admin.mails.retry(String(data[0]?.id)))).code).toBe("CONFLICT");
    await admin.mails.forgetCaught();
    expect((await admin.mails.list()).totalCount).toBe(0);
  });

  it("testEmail brings a mail with both parts and the sender of the settings, and tells what was said", async () => {
    const { admin } = project;
    await admin.settings.update({
      project_name: "Corner Shop",
      from_email_name: 'The "Shop"',
      smtp_enabled: true,
      smtp_host: "127.0.0.1",
      smtp_port: sink.port,
      smtp_user: ACCOUNT.user,
      smtp_pass: ACCOUNT.pass,
      smtp_from_address: "shop@example.com",
    });
    const { success, message } = await admin.settings.testEmail("ann@example.com");
    expect(success).toBe(true);
    expect(message).toContain("250");
    const mail = sink.mails.at(-1);
    expect(mail?.from?.value).toEqual([{ address: "shop@example.com", name: 'The "Shop"' }]);
    expect(mail?.subject).toBe("A mail from Corner Shop");
    expect(mail?.text).toContain("They do.");
    expect(mail?.html).toContain("They do.");
    const { data } = await admin.mails.list({ status: "sent" });
    expect(data).toMatchObject([{ email: "ann@example.com", messageId: mail?.messageId, attempts: 1 }]);
    expect((await admin.mails.get(String(data[0]?.id))).content).toBeUndefined();
  });

  it("testEmail tells the words of a server that refuses", async () => {
    const { admin } = project;
    sink.refusals.push({ code: 550, words: "nobody of this name" });
    const unknown = await refusal(admin.settings.testEmail("nobody@example.com"));
    expect([unknown.status, unknown.code]).toEqual([400, "MAIL_FAILED"]);
    expect(unknown.message).toContain("nobody of this name");
    await admin.settings.update({ smtp_pass: "another word" });
    const wrong = await refusal(admin.settings.testEmail("ann@example.com"));
    expect(wrong.message).toContain("wrong account");
    expect(JSON.stringify(wrong)).not.toContain("another word");
    const { data } = await admin.mails.list({ status: "error" });
    expect(data.map((mail) => mail.email)).toEqual(["ann@example.com", "nobody@example.com"]);
  });

  it("a tenant's mail goes to the tenant's server", async () => {
    const { admin } = project;
    const own = await MailSink.open();
    try {
      const tenantId = String(await admin.items("baasix_Tenant").create({ name: "Own server" }));
      const server = { smtp_enabled: true, smtp_host: "127.0.0.1", smtp_port: own.port, smtp_from_address: "own@example.com" };
      await admin.settings.update(server, { tenantId });
      const client = project.client({ tenantId, token: (await admin.auth.getToken()) ?? "" });
      const before = sink.mails.length;
      await client.settings.testEmail("ann@example.com");
      expect(own.mails.map((mail) => mail.from?.value[0]?.address)).toEqual(["own@example.com"]);
      expect(sink.mails).toHaveLength(before);
    } finally {
      await own.close();
    }
  });
});
