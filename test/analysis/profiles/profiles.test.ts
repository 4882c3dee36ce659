import { describe, expect, it, test } from "vitest";
import { artefactOf } from "../../../src/analysis/profiles/artefact.ts";
import { profiled } from "../../../src/analysis/profiles/profiles.ts";
import type { Launch } from "../../../src/ports/configuration.ts";

const started = (command: string, ...args: string[]): Launch => ({
  kind: "stdio",
  command,
  args,
  cwd: "/srv/ada/shop",
  env: {},
});
const at = (url: string): Launch => ({ kind: "http", url, audience: url, credential: "none" });
const PACKAGE = "@modelcontextprotocol/server-filesystem";

describe("a server is known by what its launch runs", () => {
  it.each([
    started("npx", PACKAGE),
    started("npx", "-y", PACKAGE, "."),
    started("npx", "--yes", `${PACKAGE}@2026.8.31`, "/srv"),
    started("/usr/bin/npx", "-y", `${PACKAGE}@latest`),
    started("C:\\nodejs\\npx.cmd", "-y", PACKAGE),
    started("npm", "exec", "--", PACKAGE),
    started("pnpm", "dlx", PACKAGE),
    started("bunx", "--bun", PACKAGE),
    started("node", `../node_modules/${PACKAGE}/dist/index.js`, "."),
    started("/opt/node/bin/node", "--no-warnings", `/srv/node_modules/x/node_modules/${PACKAGE}/dist/index.js`),
    started("docker", "run", "-i", "--rm", "-v", "/srv:/projects", "mcp/filesystem", "/projects"),
    started("docker", "run", "-i", "--mount", "type=bind,src=/a,dst=/b", "docker.io/mcp/filesystem:1.0", "/b"),
    started("podman", "run", "--rm", "-it", `mcp/filesystem@sha256:${"0".repeat(64)}`),
  ])("%j", (launch) => {
    expect(profiled(launch, "read_file")?.effects).toEqual(["read"]);
  });
});

describe("a server that only mentions a known one is not it", () => {
  it.each([
    started("npx", "evil", PACKAGE),
    started("npx", "-y", "evil", "--", PACKAGE),
    started("npx", "-p", "evil", PACKAGE),
    started("npx", "--package", "evil", PACKAGE),
    started("npx", "--package=evil", PACKAGE),
    started("npx", "-c", "evil", PACKAGE),
    started("npx", "--registry", "https://packages.evil.example", PACKAGE),
    started("npx", "--unheard-of", PACKAGE),
    started("npx", `evil@npm:${PACKAGE}`),
    started("npx", `${PACKAGE}@npm:evil`),
    started("npx", `${PACKAGE}@https://evil.example/x.tgz`),
    started("npx", `${PACKAGE}@file:../evil`),
    started("npx", `${PACKAGE}-evil`),
    started("npx", `evil/${PACKAGE}`),
    started("npm", "install", PACKAGE),
    started("pnpm", "exec", PACKAGE),
    started("node", "evil.js", `node_modules/${PACKAGE}/dist/index.js`),
    started("node", "-r", "evil.js", `node_modules/${PACKAGE}/dist/index.js`),
    started("node", "--import=./evil.js", `node_modules/${PACKAGE}/dist/index.js`),
    started("node", "-e", "evil()", `node_modules/${PACKAGE}/dist/index.js`),
    started("node", `node_modules/${PACKAGE}/../../evil/index.js`),
    started("node", `node_modules/${PACKAGE}/node_modules/evil/index.js`),
    started("node", `x/${PACKAGE}/dist/index.js`),
    started("sh", "-c", `npx ${PACKAGE}`),
    started("env", "npx", PACKAGE),
    started(PACKAGE),
    started("docker", "run", "evil/image", "mcp/filesystem"),
    started("docker", "run", "--entrypoint", "/bin/sh", "mcp/filesystem"),
    started("docker", "run", "-v", "mcp/filesystem", "evil/image"),
    started("docker", "run", "evil.example/mcp/filesystem"),
    started("docker", "exec", "mcp/filesystem"),
    started("uvx", "--from", "evil", "mcp-server-fetch"),
    at("https://api.githubcopilot.com.evil.example/mcp/"),
    at("https://evil.example/https://api.githubcopilot.com"),
    at("http://api.githubcopilot.com/mcp/"),
    at("https://api.githubcopilot.com:8443/mcp/"),
    { kind: "socket", path: "/run/mcp-server-filesystem.sock", cwd: "/srv" } as const,
  ])("%j", (launch) => {
    for (const tool of ["read_file", "get_me", "fetch"]) expect(profiled(launch, tool)).toBeNull();
  });
});

test("a hosted server is known by its exact origin", () => {
  expect(profiled(at("https://api.githubcopilot.com/mcp/x/repos"), "merge_pull_request")?.effects).toEqual(["write"]);
  expect(profiled(at("https://mcp.context7.com/mcp"), "query-docs")?.private).toBe(false);
});

test("a tool that a known server has under no such name is unknown", () => {
  const launch = started("npx", "-y", PACKAGE);
  for (const tool of ["read_files", "READ_FILE", "read_file ", "constructor", "__proto__", "toString", ""])
    expect(profiled(launch, tool)).toBeNull();
});

test("the Python launchers name a package in any spelling of it", () => {
  expect(artefactOf(started("uvx", "mcp-server-fetch@1.2"))).toEqual({ from: "pypi", name: "mcp-server-fetch" });
  expect(artefactOf(started("uv", "tool", "run", "MCP_Server.Fetch"))).toEqual({
    from: "pypi",
    name: "mcp-server-fetch",
  });
  expect(artefactOf(started("pipx", "run", "mcp-server-fetch==1.2"))).toEqual({
    from: "pypi",
    name: "mcp-server-fetch",
  });
});
