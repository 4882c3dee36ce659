import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { GatewayId } from "../domain/gateway.ts";
import { createKeyFile, damaged, readKeyFile } from "./key-files.ts";

const FILE = "gateway.id";

/** The name of the gateway on this data folder, made at its first start.
 *  @throws WritError `key_damaged`, `key_permissions`, `key_unwritable`. */
export function openGatewayId(dataFolder: string): GatewayId {
  const file = join(dataFolder, FILE);
  const made = `gw_${randomBytes(9).toString("base64url")}`;
  const text = readKeyFile(file) ?? (createKeyFile(dataFolder, FILE, made) ? made : readKeyFile(file));
  if (text === null || !/^gw_[A-Za-z0-9_-]{12}$/.test(text)) throw damaged(file, "it does not hold a gateway's name");
  return text as GatewayId;
}
