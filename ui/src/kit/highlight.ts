/** Colours for code that is only read. Editors have a real grammar; this has one regular expression each. */
export type CodeLanguage = "json" | "ts" | "sh" | "sql" | "http" | "text";
export type TokenKind = "key" | "string" | "number" | "keyword" | "danger" | "comment" | "plain";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

type Rules = ReadonlyArray<readonly [TokenKind, RegExp]>;

const STRING = /"(?:[^"\\]|\\.)*"?/;
const SINGLE = /'(?:[^'\\]|\\.)*'?/;
const NUMBER = /-?\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b/;

const RULES: Readonly<Record<CodeLanguage, Rules>> = {
  json: [
    ["key", /"(?:[^"\\]|\\.)*"(?=\s*:)/],
    ["string", STRING],
    ["number", NUMBER],
    ["keyword", /\b(?:true|false|null)\b/],
  ],
  ts: [
    ["comment", /\/\/.*/],
    ["string", /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/],
    ["keyword", /\b(?:import|from|const|await|async|new|type|export|return|true|false|null|process)\b/],
    ["number", NUMBER],
  ],
  sh: [
    ["comment", /#.*/],
    ["string", /'[^']*'|"[^"]*"/],
    ["keyword", /\bcurl\b|(?<=\s)--?[a-zA-Z-]+/],
  ],
  sql: [
    // A quoted name is a name, whatever words it is made of.
    ["plain", /"(?:[^"]|"")*"/],
    ["comment", /--.*/],
    ["string", SINGLE],
    ["danger", /\b(?:DROP|DELETE|TRUNCATE)\b/i],
    [
      "keyword",
      /\b(?:SELECT|FROM|WHERE|AND|OR|NOT|NULL|INSERT|INTO|VALUES|UPDATE|SET|CREATE|ALTER|TABLE|ADD|COLUMN|RENAME|TO|INDEX|UNIQUE|ON|PRIMARY|KEY|REFERENCES|FOREIGN|CONSTRAINT|CHECK|DEFAULT|CASCADE|RESTRICT|AS|CAST|BEGIN|COMMIT|IF|EXISTS|TYPE|USING|RETURNING|COLLATE|ORDER|BY|LIMIT)\b/i,
    ],
    ["number", NUMBER],
  ],
  http: [
    ["keyword", /^(?:GET|POST|PATCH|PUT|DELETE)\b/],
    ["key", /^[A-Za-z-]+(?=:)/],
    ["string", STRING],
  ],
  text: [],
};

/** One line at a time: nothing here spans lines. */
export function tokens(line: string, language: CodeLanguage): Token[] {
  const rules = RULES[language];
  if (rules.length === 0) return [{ kind: "plain", text: line }];
  const all = new RegExp(rules.map(([, rule]) => `(${rule.source})`).join("|"), language === "sql" ? "gi" : "g");
  const found: Token[] = [];
  let at = 0;
  for (const match of line.matchAll(all)) {
    if (match[0] === "") continue;
    if (match.index > at) found.push({ kind: "plain", text: line.slice(at, match.index) });
    const group = match.slice(1).findIndex((part) => part !== undefined);
    found.push({ kind: rules[group]?.[0] ?? "plain", text: match[0] });
    at = match.index + match[0].length;
  }
  if (at < line.length) found.push({ kind: "plain", text: line.slice(at) });
  return found;
}
