import { afterAll, beforeAll, expect, test } from "vitest";
import { type Desk, openDesk } from "../doors/http/desk.ts";
import { read, rows } from "./pages.ts";

let desk: Desk;

beforeAll(async () => {
  desk = await openDesk();
});
afterAll(() => desk.close());

test("the page of the API lists every route, and for whom it is", async () => {
  const { json } = await desk.ask("GET", "/openapi.json");
  const paths = json["paths"] as Record<string, Record<string, { description: string }>>;
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { description }]) => [
      `\`${method.toUpperCase()} ${path}\``,
      description.replace(/^For: (.*)\.$/, "$1"),
    ]),
  );
  const listed = rows(read("docs/http-api.md")).map(([route, , access]) => [route, access]);
  expect(new Set(listed.map(String))).toEqual(new Set(routes.map(String)));
});
