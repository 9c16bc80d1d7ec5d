import { Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "@/kit/Button";
import { t } from "./messages";

export function CopyButton({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2_000);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <Button kind="ghost" size="small" icon={Copy} onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}>
      {copied ? t("copied") : t("copy")}
    </Button>
  );
}
