/**
 * As much of D-Bus as it takes to be a panel: a name on the session bus, and answers to the few
 * calls that a program makes to whoever shows its tray icon.
 */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What a call said of itself; of its arguments only the leading strings. */
export interface Call {
  readonly sender: string;
  readonly member: string;
  readonly words: readonly string[];
}

/** The answer to a call: nothing, or bytes with their signature. */
export type Answer = { readonly signature: string; readonly body: Buffer } | null;

const [CALL, RETURN] = [1, 2];
const HEADER_BYTES = 12;
const align = (at: number, to: number): number => Math.ceil(at / to) * to;

/** Writes values one after the other, each where its type must lie. */
export class Writer {
  private bytes = Buffer.alloc(0);

  get length(): number {
    return this.bytes.length;
  }

  pad(to: number): this {
    this.bytes = Buffer.concat([this.bytes, Buffer.alloc(align(this.length, to) - this.length)]);
    return this;
  }

  byte(value: number): this {
    this.bytes = Buffer.concat([this.bytes, Buffer.from([value])]);
    return this;
  }

  number(value: number): this {
    const four = Buffer.alloc(4);
    four.writeUInt32LE(value);
    this.pad(4);
    this.bytes = Buffer.concat([this.bytes, four]);
    return this;
  }

  text(value: string): this {
    this.number(Buffer.byteLength(value));
    this.bytes = Buffer.concat([this.bytes, Buffer.from(`${value}\0`)]);
    return this;
  }

  signature(value: string): this {
    this.bytes = Buffer.concat([this.bytes, Buffer.from([value.length]), Buffer.from(`${value}\0`)]);
    return this;
  }

  append(other: Buffer): this {
    this.bytes = Buffer.concat([this.bytes, other]);
    return this;
  }

  done(): Buffer {
    return this.bytes;
  }
}

class Reader {
  constructor(
    private readonly bytes: Buffer,
    private at = 0,
  ) {}

  get rest(): number {
    return this.bytes.length - this.at;
  }

  pad(to: number): void {
    this.at = align(this.at, to);
  }

  byte(): number {
    this.at += 1;
    return this.bytes.readUInt8(this.at - 1);
  }

  number(): number {
    this.pad(4);
    this.at += 4;
    return this.bytes.readUInt32LE(this.at - 4);
  }

  text(length = this.number()): string {
    const value = this.bytes.toString("utf8", this.at, this.at + length);
    this.at += length + 1;
    return value;
  }

  signature(): string {
    return this.text(this.byte());
  }
}

/** A connection that answers what it is asked. */
export class Bus {
  private heard = Buffer.alloc(0);
  private serial = 0;

  private constructor(
    private readonly socket: Socket,
    private readonly answer: (call: Call) => Answer,
  ) {}

  /** Owns `name` on the session bus until it is closed. */
  static async own(name: string, answer: (call: Call) => Answer): Promise<Bus> {
    const address = process.env["DBUS_SESSION_BUS_ADDRESS"] ?? "";
    const path = /unix:(?:path|abstract)=([^,;]+)/.exec(address);
    if (!path?.[1]) throw new Error(`no session bus at \`${address}\`: cargo xtask test starts one`);
    const socket = connect(address.includes("abstract=") ? `\0${path[1]}` : path[1]);
    await once(socket, "connect");
    const user = Buffer.from(String(process.getuid?.() ?? 0)).toString("hex");
    socket.write(`\0AUTH EXTERNAL ${user}\r\n`);
    const [said] = (await once(socket, "data")) as [Buffer];
    if (!said.toString().startsWith("OK")) throw new Error(`the session bus refused us: ${said.toString()}`);
    socket.write("BEGIN\r\n");
    const bus = new Bus(socket, answer);
    bus.ask("Hello", "", Buffer.alloc(0));
    bus.ask("RequestName", "su", new Writer().text(name).number(0).done());
    // Whoever asks next finds the name, for the bus answers in order.
    await new Promise<void>((resolve) => {
      let answers = 0;
      socket.on("data", (chunk: Buffer) => {
        answers += bus.hear(chunk);
        if (answers >= 2) resolve();
      });
    });
    return bus;
  }

  close(): void {
    this.socket.destroy();
  }

  private ask(member: string, signature: string, body: Buffer): void {
    const fields = new Writer();
    const field = (code: number, type: string, value: string) => {
      fields.pad(8).byte(code).signature(type).text(value);
    };
    field(1, "o", "/org/freedesktop/DBus");
    field(2, "s", "org.freedesktop.DBus");
    field(3, "s", member);
    field(6, "s", "org.freedesktop.DBus");
    if (signature !== "") fields.pad(8).byte(8).signature("g").signature(signature);
    this.send(CALL, fields.done(), body);
  }

  private reply(to: number, destination: string, answer: Answer): void {
    const fields = new Writer();
    fields.pad(8).byte(5).signature("u").number(to);
    fields.pad(8).byte(6).signature("s").text(destination);
    if (answer) fields.pad(8).byte(8).signature("g").signature(answer.signature);
    this.send(RETURN, fields.done(), answer?.body ?? Buffer.alloc(0));
  }

  private send(type: number, fields: Buffer, body: Buffer): void {
    this.serial += 1;
    const head = new Writer().append(Buffer.from("l")).byte(type).byte(0).byte(1);
    head.number(body.length).number(this.serial).number(fields.length);
    this.socket.write(head.append(fields).pad(8).append(body).done());
  }

  /** How many answers to us there were in what came. */
  private hear(chunk: Buffer): number {
    this.heard = Buffer.concat([this.heard, chunk]);
    let answers = 0;
    while (this.heard.length >= HEADER_BYTES + 4) {
      const fieldBytes = this.heard.readUInt32LE(HEADER_BYTES);
      const head = align(HEADER_BYTES + 4 + fieldBytes, 8);
      const whole = head + this.heard.readUInt32LE(4);
      if (this.heard.length < whole) break;
      const message = this.heard.subarray(0, whole);
      this.heard = this.heard.subarray(whole);
      if (message.readUInt8(1) === RETURN) answers += 1;
      if (message.readUInt8(1) === CALL) this.called(message, HEADER_BYTES + 4 + fieldBytes, head);
    }
    return answers;
  }

  private called(message: Buffer, fieldsEnd: number, bodyAt: number): void {
    const fields = new Map<number, string>();
    // Offsets count from the start of the message, so the fields are read where they lie.
    const reader = new Reader(message.subarray(0, fieldsEnd), HEADER_BYTES + 4);
    while (reader.rest > 0) {
      reader.pad(8);
      const code = reader.byte();
      const type = reader.signature();
      fields.set(code, type === "u" ? String(reader.number()) : type === "g" ? reader.signature() : reader.text());
    }
    const body = new Reader(message.subarray(bodyAt));
    const words = [...(/^s*/.exec(fields.get(8) ?? "")?.[0] ?? "")].map(() => body.text());
    const sender = fields.get(7) ?? "";
    this.reply(message.readUInt32LE(8), sender, this.answer({ sender, member: fields.get(3) ?? "", words }));
  }
}

/** The value of a property that is a yes. */
export const YES: Answer = { signature: "v", body: new Writer().signature("b").number(1).done() };

/** Asks a program on the bus; the answer as `dbus-send` prints it. */
export async function askBus(to: string, path: string, method: string, ...words: readonly string[]): Promise<string> {
  const { stdout } = await run("dbus-send", ["--session", "--print-reply", `--dest=${to}`, path, method, ...words]);
  return stdout;
}
