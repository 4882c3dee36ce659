import type { ServerName, ToolName } from "../../domain/ids.ts";
import type { Principal } from "../../domain/principal.ts";
import { type Reason, reason } from "../../domain/reason.ts";
import { RESERVED_ACTIONS } from "../../domain/tool.ts";
import type { Conversation } from "./conversation.ts";
import type { McpDoorParts } from "./parts.ts";
import { draftOf } from "./visit.ts";

/** Why a task has nothing to do with a server, so that nothing is begun there for it: what it could not list, nor ask a
 *  person to let it list. Null where it may. */
export async function unreached(
  parts: McpDoorParts,
  principal: Principal,
  conversation: Conversation,
  server: ServerName,
): Promise<Reason | null> {
  const action = RESERVED_ACTIONS["resources/list"] as ToolName;
  const advice = await parts.gate.advise(
    principal,
    draftOf({ conversation }, server, "resources/list", action, {}),
    true,
  );
  if (advice === null) return reason("task_unknown");
  return advice.kind === "deny" ? advice.reason : null;
}
