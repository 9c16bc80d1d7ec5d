import { expect, test } from "vitest";
import { programOf } from "./program";

test("a program is called as people call it", () => {
  const browsers: readonly (readonly [string, string])[] = [
    ["Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36", "Chrome, Linux"],
    ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0", "Edge, Windows"],
    ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15", "Safari, macOS"],
    ["Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0", "Firefox, Android"],
    ["Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0 Mobile/15E148 Safari/604.1", "Chrome, iOS"],
    ["Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/126.0.0.0 Safari/537.36", "Chrome, Linux"],
  ];
  for (const [agent, name] of browsers) expect(programOf(agent)).toBe(name);
  expect(programOf("curl/8.8.0")).toBe("curl/8.8.0");
  expect(programOf("okhttp/4.12.0 of an app")).toBe("okhttp/4.12.0");
  expect(programOf("node")).toBe("node");
  for (const nothing of [null, "", "  "]) expect(programOf(nothing)).toBeNull();
});
