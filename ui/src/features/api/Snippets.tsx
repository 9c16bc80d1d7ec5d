import { useState } from "react";
import { CodeView } from "@/kit/CodeView";
import { Tabs } from "@/kit/Tabs";
import { CopyButton } from "./CopyButton";
import { t } from "./messages";
import type { ApiRequest } from "./request";
import { asCurl, asHttp, asTypeScript } from "./snippet";

type Snippet = "curl" | "typescript" | "http";

export function Snippets({ request, url }: { request: ApiRequest; url: string }) {
  const [kind, setKind] = useState<Snippet>("curl");
  const code =
    kind === "curl"
      ? asCurl(request, url)
      : kind === "http"
        ? asHttp(request, url)
        : asTypeScript(request, url, { numbers: t("snippet.numbers"), strict: t("snippet.strict"), token: t("snippet.token") });
  return (
    <>
      <Tabs
        className="border-t px-4"
        aria-label={t("tabs.snippet")}
        value={kind}
        onChange={setKind}
        tabs={[
          { value: "curl", label: t("curl") },
          { value: "typescript", label: t("typescript") },
          { value: "http", label: t("http") },
        ]}
        right={<CopyButton text={code} />}
      />
      <CodeView
        wrap
        className="min-h-0 flex-1 px-4 py-3"
        label={t("snippet", { name: t(kind) })}
        code={code}
        language={kind === "curl" ? "sh" : kind === "http" ? "http" : "ts"}
      />
    </>
  );
}
