import "@/styles/index.css";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");

/** What waits in the meantime has its turn: a paint, a key. */
const turn = (): Promise<void> => new Promise((done) => setTimeout(done));

// The page names all of it, so it comes at once; but each part runs in a task of its own. Together
// they would hold the main thread for over a tenth of a second before anything is drawn.
await import("react-dom/client");
await turn();
await import("@/kit/Tooltip");
await turn();
const { start } = await import("./start");
await turn();
await start(root);
