import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

// The floors of the studio: app -> features -> kit | host | lib. Features never meet each other.
const forbid = (...patterns) => [
  "error",
  { patterns: patterns.map(([group, message]) => ({ group: [group].flat(), message })) },
];
const app = [["@/app/*", "**/app/*"], "Only app/ composes; nothing below it may import it."];
const features = [["@/features/*"], "Features never import each other; app/routes composes them."];
const tauri = [["@tauri-apps/*"], "Only host/ speaks to the desktop shell."];
const host = [["@/host/*"], "kit and lib know no host."];

export default tseslint.config(
  { ignores: ["dist/**", "node_modules/**", "public/**"] },
  ...tseslint.configs.recommended,
  {
    files: ["**/*.{ts,tsx}"],
    languageOptions: { parserOptions: { projectService: true } },
    plugins: { "react-hooks": hooks },
    rules: {
      "react-hooks/rules-of-hooks": "error",
      "react-hooks/exhaustive-deps": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/consistent-type-imports": "error",
      "no-restricted-imports": forbid(tauri),
    },
  },
  { files: ["src/host/**"], rules: { "no-restricted-imports": forbid(app, features) } },
  { files: ["src/kit/**"], rules: { "no-restricted-imports": forbid(app, features, tauri, host) } },
  { files: ["src/lib/**"], rules: { "no-restricted-imports": forbid(app, features, tauri, host) } },
  { files: ["src/features/**"], rules: { "no-restricted-imports": forbid(app, features, tauri) } },
  { files: ["src/app/**"], rules: { "no-restricted-imports": forbid(tauri) } },
);
