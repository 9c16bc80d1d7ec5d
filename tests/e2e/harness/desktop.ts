/**
 * What a desktop puts around the window: a window manager, a daemon for notifications, a panel that
 * shows the tray, and a keyboard that is no driver's. All on the display and bus of the run.
 */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { promisify } from "node:util";
import { askBus, Bus, Writer, YES, type Answer } from "./bus";
import { until } from "./patience";
import { ended } from "./server";

const run = promisify(execFile);
const WATCHER = "org.kde.StatusNotifierWatcher";
const PROPERTY = "IsStatusNotifierHostRegistered";

/** Something that runs beside the window and ends with its test. */
export interface Companion {
  stop(): Promise<void>;
}

/** Until it has taken the display; a second one could not. */
export async function windowManager(): Promise<Companion> {
  const child = spawn("openbox", { stdio: "ignore" });
  // A display has desktops when somebody manages its windows.
  await until("a window manager", async () => (await xdotool("get_num_desktops")) !== "");
  return { stop: async () => { await ended(child); } };
}

/** A notification as the daemon printed it. */
export interface Notice {
  readonly title: string;
  readonly body: string;
}

export class Daemon implements Companion {
  private said = "";

  private constructor(private readonly child: ChildProcess) {
    child.stdout?.on("data", (chunk: Buffer) => {
      this.said += chunk.toString();
    });
  }

  static async start(): Promise<Daemon> {
    const daemon = new Daemon(spawn("dunst", ["-conf", "/dev/null", "-print"], { stdio: ["ignore", "pipe", "ignore"] }));
    await until("a daemon for notifications", async () => (await names()).includes('"org.freedesktop.Notifications"'));
    return daemon;
  }

  /** All it was sent so far. */
  notices(): readonly Notice[] {
    const value = (block: string, key: string) => new RegExp(`^\\s*${key}: '(.*)'$`, "m").exec(block)?.[1] ?? "";
    return this.said.split(/^\{/m).slice(1).map((block) => ({ title: value(block, "summary"), body: value(block, "body") }));
  }

  async receives(title: string): Promise<Notice> {
    let found: Notice | undefined;
    await until(`the notification \`${title}\``, async () => {
      found = this.notices().find((notice) => notice.title === title);
      return found !== undefined;
    }, () => `it was sent ${JSON.stringify(this.notices())}`);
    return found ?? { title, body: "" };
  }

  /** Presses the newest notification. */
  async act(): Promise<void> {
    await askBus("org.freedesktop.Notifications", "/org/freedesktop/Notifications", "org.dunstproject.cmd0.NotificationAction", "uint32:0");
  }

  async stop(): Promise<void> {
    await ended(this.child);
  }
}

/** Shows the icons of the tray, as far as programs can tell. */
export class Panel implements Companion {
  private item: { readonly owner: string; readonly path: string } | null = null;

  private bus: Bus | null = null;

  static async start(): Promise<Panel> {
    const panel = new Panel();
    panel.bus = await Bus.own(WATCHER, ({ sender, member, words }): Answer => {
      if (member === "RegisterStatusNotifierItem") panel.item = { owner: sender, path: words[0] ?? "" };
      if (member === "Get") return YES;
      if (member === "GetAll") return all();
      return null;
    });
    return panel;
  }

  /** The lines of the icon's menu, by what they say. */
  async lines(): Promise<ReadonlyMap<string, string>> {
    const layout = await this.menu("GetLayout", "int32:0", "int32:-1", "array:string:label");
    const lines = new Map<string, string>();
    for (const [, id = "", inside = ""] of layout.matchAll(/struct \{\s*int32 (\d+)\s*array \[([\s\S]*?)\]/g)) {
      const label = /variant\s+string "(.*)"/.exec(inside)?.[1];
      if (label !== undefined) lines.set(label.replace("_", ""), id);
    }
    return lines;
  }

  /** Presses a line of the icon's menu. */
  async choose(label: string): Promise<void> {
    let id: string | undefined;
    await until(`\`${label}\` in the tray`, async () => (id = (await this.lines()).get(label)) !== undefined);
    await this.menu("Event", `int32:${String(id)}`, "string:clicked", "variant:int32:0", "uint32:0");
  }

  private async menu(method: string, ...words: readonly string[]): Promise<string> {
    await until("an icon in the tray", async () => this.item !== null);
    const { owner, path } = this.item ?? { owner: "", path: "" };
    const interface_ = "org.kde.StatusNotifierItem";
    const told = await askBus(owner, path, "org.freedesktop.DBus.Properties.Get", `string:${interface_}`, "string:Menu");
    const at = /object path "(.+)"/.exec(told)?.[1] ?? "";
    return await askBus(owner, at, `com.canonical.dbusmenu.${method}`, ...words);
  }

  async stop(): Promise<void> {
    this.bus?.close();
    await until("the panel gone", async () => !(await names()).includes(`"${WATCHER}"`));
  }
}

function all(): Answer {
  const entry = new Writer().text(PROPERTY).signature("b").number(1).done();
  return { signature: "a{sv}", body: new Writer().number(entry.length).pad(8).append(entry).done() };
}

async function names(): Promise<string> {
  const bus = "org.freedesktop.DBus";
  return await askBus(bus, "/org/freedesktop/DBus", `${bus}.ListNames`);
}

/** What it prints; nothing when it fails, which is how it says that there is none. */
async function xdotool(...words: readonly string[]): Promise<string> {
  return (await run("xdotool", words).catch(() => ({ stdout: "" }))).stdout.trim();
}

/** Keys as the keyboard sends them, to whatever the display has the focus on. */
export async function strike(...keys: readonly string[]): Promise<void> {
  await run("xdotool", ["key", "--delay", "30", ...keys]);
}

/** A program's windows that can be seen, menus among them. */
export async function visibleWindows(program: number): Promise<readonly string[]> {
  const found = await xdotool("search", "--onlyvisible", "--pid", String(program));
  return found.split("\n").filter((line) => line !== "");
}

/** The window that has the focus, by the window manager's word. */
export async function activeWindow(): Promise<string> {
  return await xdotool("getactivewindow");
}

/** Waits for a dialog of the system beside a program's window, and for it to have the focus. */
export async function dialogUp(program: number): Promise<void> {
  await until("the system's dialog", async () => {
    const [windows, active] = [await visibleWindows(program), await activeWindow()];
    return windows.length > 1 && windows.includes(active);
  });
}

export async function dialogGone(program: number): Promise<void> {
  await until("the dialog gone", async () => (await visibleWindows(program)).length === 1);
}

/** Takes a window from the screen, as its button would. */
export async function minimize(window: string): Promise<void> {
  await run("xdotool", ["windowminimize", window]);
}

/** Types as the keyboard does. */
export async function typeKeys(text: string): Promise<void> {
  await run("xdotool", ["type", "--delay", "20", text]);
}

/** Moves a window as its person would with the mouse. */
export async function move(window: string, x: number, y: number): Promise<void> {
  await run("xdotool", ["windowmove", "--sync", window, String(x), String(y)]);
}

/** Where a window lies and how large it is. */
export async function placeOf(window: string): Promise<Readonly<Record<"x" | "y" | "width" | "height", number>>> {
  const told = await xdotool("getwindowgeometry", "--shell", window);
  const value = (name: string) => Number(new RegExp(`^${name}=(-?\\d+)$`, "m").exec(told)?.[1]);
  return { x: value("X"), y: value("Y"), width: value("WIDTH"), height: value("HEIGHT") };
}

/** What the program keeps in the keychain of this run, by the names that a person reads there. */
export async function kept(): Promise<readonly string[]> {
  const found = await askBus(
    "org.freedesktop.secrets",
    "/org/freedesktop/secrets",
    "org.freedesktop.Secret.Service.SearchItems",
    "dict:string:string:service,dev.plinth.studio",
  );
  const places = [...found.matchAll(/object path "([^"]+)"/g)].map(([, place]) => place ?? "");
  const labels = places.map(async (place) => {
    const told = await askBus("org.freedesktop.secrets", place, "org.freedesktop.DBus.Properties.Get", "string:org.freedesktop.Secret.Item", "string:Label");
    return /string "(.*)"/.exec(told)?.[1] ?? "";
  });
  return await Promise.all(labels);
}
