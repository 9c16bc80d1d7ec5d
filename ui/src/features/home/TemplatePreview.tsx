import { ArrowRight, KeyRound } from "lucide-react";
import { DiagramField, DiagramNode } from "@/kit/DiagramNode";
import type { TemplateId } from "@/host/host";
import { t } from "./messages";
import { templateOf, type Template } from "./templates";

const NODE_WIDTH = 208;
const HEADER = 29;
const ROW = 22;

interface Edge {
  key: string;
  path: string;
  /** Crow's foot at the many end, bar at the one end, 8 px each. */
  feet: string;
}

/** Orthogonal lines from the key of a collection to the field that points at it. */
function edges(template: Template): Edge[] {
  const found: Edge[] = [];
  for (const collection of template.collections) {
    collection.relations.forEach((relation, index) => {
      const target = template.collections.find((entry) => entry.name === relation.target);
      if (!target) return;
      const row = 1 + collection.columns.length + index;
      const fromRight = collection.at[0] <= target.at[0];
      const x1 = fromRight ? collection.at[0] + NODE_WIDTH : collection.at[0];
      const y1 = collection.at[1] + HEADER + row * ROW + ROW / 2;
      const sameSide = collection.at[0] === target.at[0];
      const x2 = sameSide || !fromRight ? target.at[0] + NODE_WIDTH : target.at[0];
      const y2 = target.at[1] + HEADER + ROW / 2;
      const out = fromRight ? 1 : -1;
      const back = sameSide || !fromRight ? 1 : -1;
      const middle = sameSide ? Math.max(x1, x2) + 24 + index * 12 : (x1 + x2) / 2 + index * 12;
      found.push({
        key: `${collection.name}.${relation.name}`,
        path: `M${x1 + out * 8} ${y1}H${middle}V${y2}H${x2}`,
        feet: `M${x1} ${y1 - 5}L${x1 + out * 8} ${y1}L${x1} ${y1 + 5}M${x2 + back * 8} ${y2 - 5}V${y2 + 5}`,
      });
    });
  }
  return found;
}

/** What the project will hold, before it exists. Nodes move when another template is chosen. */
export function TemplatePreview({ id, name, address }: { id: TemplateId; name: string; address: string | null }) {
  const template = templateOf(id);
  return (
    <aside
      aria-label={template ? t("preview", { name }) : t("preview.nothing")}
      className="canvas-dots flex min-w-0 flex-1 flex-col justify-center overflow-hidden border-l border-line px-10 py-8 max-[1000px]:hidden"
    >
      <div className="mx-auto flex h-full max-h-190 w-[504px] flex-col">
        <p className="-mx-1 self-start bg-bg-sunk px-1 text-second text-ink-2">{template ? t("preview", { name }) : t("preview.nothing")}</p>
        <div className="flex flex-1 items-center">
          {template ? (
            <div className="relative h-[490px] w-[504px]">
              <svg aria-hidden className="absolute inset-0 overflow-visible" width="504" height="490">
                {edges(template).map((edge) => (
                  <g key={edge.key} fill="none" stroke="var(--line-control)" strokeWidth="1.25" className="animate-[plinth-rise_240ms_var(--ease-plinth)]">
                    <path d={edge.path} />
                    <path d={edge.feet} />
                  </g>
                ))}
              </svg>
              {template.collections.map((collection, index) => (
                <div
                  key={index}
                  className="absolute top-0 left-0 transition-transform duration-240 ease-plinth"
                  style={{ transform: `translate(${collection.at[0]}px, ${collection.at[1]}px)` }}
                >
                  <DiagramNode name={collection.name} count={t("preview.rows", { count: collection.rows })}>
                    <DiagramField icon={KeyRound} name="id" type="uuid" />
                    {collection.columns.map(([column, type]) => (
                      <DiagramField key={column} name={column} type={type} />
                    ))}
                    {collection.relations.map((relation) => (
                      <DiagramField
                        key={relation.name}
                        name={relation.name}
                        type={
                          <span className="flex items-center gap-0.5">
                            <ArrowRight aria-hidden size={11} />
                            {relation.target}
                          </span>
                        }
                      />
                    ))}
                  </DiagramNode>
                </div>
              ))}
            </div>
          ) : (
            <p className="text-ink-2">{t("preview.empty")}</p>
          )}
        </div>
        {address ? (
          <p className="-mx-1 self-start bg-bg-sunk px-1 text-second text-ink-2">
            <code>{t("preview.get", { verb: "GET", address: `${address}/${template ? `items/${template.main}` : "health"}` })}</code>{" "}
            {t("preview.answers")}
          </p>
        ) : null}
      </div>
    </aside>
  );
}
