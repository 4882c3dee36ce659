import type { JsonObject } from "../../../src/domain/json.ts";
import { signJwt, type SigningKey } from "../../../src/wire/jose/sign.ts";
import { type Answer, type Desk, openDesk } from "../../doors/http/desk.ts";
import { aKey } from "../../wire/jose/forge.ts";
import { YAML } from "../house.ts";
import { form } from "./agent.ts";

/** A desk with clients of its own: `shop-api` speaks for the shop and may ask, `mute` may not. */
export interface ClientDesk {
  readonly desk: Desk;
  /** The key of `docs-api` and of `mute`. */
  readonly other: SigningKey;
  readonly shop: SigningKey & { readonly jwk: JsonObject };
  /** A good assertion of `shop-api`, with these claims put over its own. */
  assertion(claims?: JsonObject, without?: readonly string[], key?: SigningKey, typ?: string): string;
  introspect(token: string, assertion?: string): Promise<Answer>;
}

export async function openClientDesk(): Promise<ClientDesk> {
  const shop = aKey();
  const mute = aKey();
  const jwks = (key: SigningKey): string => JSON.stringify({ keys: [{ ...key.verification.jwk, kid: key.kid }] });
  const desk = await openDesk(
    undefined,
    `${YAML}
clients:
  shop-api: { jwks: ${jwks(shop)}, servers: [shop], may: [introspect] }
  docs-api: { jwks: ${jwks(mute)}, servers: [docs], may: [introspect] }
  mute: { jwks: ${jwks(mute)}, servers: [shop] }
`,
  );
  desk.house.clock.at -= desk.house.clock.at % 1000;
  const now = desk.house.clock.at / 1000;
  const assertion: ClientDesk["assertion"] = (claims = {}, without = [], key = shop, typ = "JWT") => {
    const good = {
      iss: "shop-api",
      sub: "shop-api",
      aud: desk.origin,
      iat: now,
      exp: now + 60,
      jti: crypto.randomUUID(),
    };
    const all = Object.entries({ ...good, ...claims }).filter(([name]) => !without.includes(name));
    return signJwt(key, typ, Object.fromEntries(all));
  };
  return {
    desk,
    shop,
    other: mute,
    assertion,
    introspect: (token, given = assertion()) =>
      form(desk, "/oauth/introspect", {
        token,
        client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion: given,
      }),
  };
}
